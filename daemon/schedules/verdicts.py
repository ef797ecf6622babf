"""What becomes of each time that is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from daemon.schedules import catch_up
from daemon.schedules.catch_up import CatchUp

What = Literal["run", "waiting", "skipped", "missed"]
NOT_RUNNING = "nobody was there to run it"
NEWER = "only the newest of those that were missed are made up for"
TOO_LATE = "it was later than is made up for"
FULL = "an earlier one had not ended"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``run`` now, ``waiting`` for its turn, ``skipped`` or ``missed``, and why."""

    due: int
    what: What
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many more may be made."""

    in_flight: int
    """Occurrences whose jobs have not ended."""
    waiting: int
    most_in_flight: int
    runs_left: int | None = None


def judge(missed: Sequence[int], live: Sequence[int], now: int, policy: CatchUp, room: Room) -> list[Verdict]:
    """In the order of the due times. The times that were missed are older than the live ones.

    What is made up for waits for its turn and is never skipped; a live time is skipped while there is no room.
    """
    left = len(missed) + len(live) if room.runs_left is None else room.runs_left
    most = max(0, min(left, catch_up.MOST - room.waiting))
    made_up = catch_up.chosen(missed, now, policy)
    made_up = made_up[len(made_up) - min(most, len(made_up)) :]
    verdicts = [_of_missed(due, made_up, now, policy) for due in missed]
    left -= len(made_up)
    taken = room.in_flight + room.waiting + len(made_up)
    for due in live:
        if left <= 0:
            break
        if taken < room.most_in_flight:
            verdicts.append(Verdict(due, "run"))
            taken, left = taken + 1, left - 1
        else:
            verdicts.append(Verdict(due, "skipped", FULL))
    return verdicts


def _of_missed(due: int, made_up: Sequence[int], now: int, policy: CatchUp) -> Verdict:
    if due in made_up:
        return Verdict(due, "waiting", NOT_RUNNING)
    if policy.most == 0:
        return Verdict(due, "missed", NOT_RUNNING)
    late = policy.within_ms is not None and now - due > policy.within_ms
    return Verdict(due, "missed", TOO_LATE if late else NEWER)
