"""Local times become moments: those that a clock set forward leaves out, and those that a clock set back has twice.

Moments are UTC epoch milliseconds, local times are datetimes without a zone.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Gap = Literal["next", "skip"]
"""A local time that does not exist: the first moment after the gap, or none."""
Overlap = Literal["first", "both"]
"""A local time that exists twice: the first of the two, or both."""

SLACK = timedelta(hours=4)
"""No clock is set back by more."""
MOVED = "does not exist that day: the first moment after it"
AGAIN = "for the second time that day"


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A moment, and what is odd about the local time that it stands for."""

    at: int
    note: str = ""


def milliseconds(aware: datetime) -> int:
    """Of a datetime that has a zone, exactly."""
    return (aware - _EPOCH) // timedelta(milliseconds=1)


def local(at: int, zone: ZoneInfo) -> datetime:
    """What clocks in the zone show, with the zone."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone)


def placed(time: datetime, zone: ZoneInfo, gap: Gap, overlap: Overlap) -> tuple[int, list[Moment]]:
    """The moments of a local time: none, one or two; and before them the moment that no later local time precedes."""
    first = time.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) != time:
        end = _end_of_gap(time, zone)
        return end, [Moment(end, MOVED)] if gap == "next" else []
    earliest = milliseconds(first)
    second = milliseconds(time.replace(tzinfo=zone, fold=1).astimezone(UTC))
    if second != earliest and overlap == "both":
        return earliest, [Moment(earliest), Moment(second, AGAIN)]
    return earliest, [Moment(earliest)]


def moments(times: Iterator[datetime], zone: ZoneInfo, gap: Gap, overlap: Overlap, after: int) -> Iterator[Moment]:
    """The moments later than ``after`` of ascending local times, ascending and each once."""
    waiting: list[Moment] = []
    last = after
    for time in times:
        earliest, found = placed(time, zone, gap, overlap)
        for moment in found:
            heapq.heappush(waiting, moment)
        while waiting and waiting[0].at <= earliest:
            moment = heapq.heappop(waiting)
            if moment.at > last:
                last = moment.at
                yield moment
    while waiting:
        moment = heapq.heappop(waiting)
        if moment.at > last:
            last = moment.at
            yield moment


def beginning(after: int, zone: ZoneInfo) -> datetime:
    """The local time from which :func:`moments` needs times, so that none later than ``after`` is missed."""
    at = local(after, zone)
    shown = at.replace(tzinfo=None, fold=0)
    near = milliseconds(at)
    slack = int(SLACK.total_seconds() * 1000)
    is_quiet = local(near - slack, zone).utcoffset() == at.utcoffset() == local(near + slack, zone).utcoffset()
    return shown if is_quiet else shown - SLACK


def _end_of_gap(time: datetime, zone: ZoneInfo) -> int:
    """The first moment after the gap in which a local time lies, to the second."""
    before = time.replace(tzinfo=zone, fold=0).utcoffset()
    after = time.replace(tzinfo=zone, fold=1).utcoffset()
    assert before is not None
    assert after is not None
    low = _seconds(time - after)
    high = _seconds(time - before)
    while low < high:
        middle = (low + high) // 2
        if (_EPOCH + timedelta(seconds=middle)).astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle + 1
    return low * 1000


def _seconds(time: datetime) -> int:
    return (time - _EPOCH.replace(tzinfo=None)) // timedelta(seconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
