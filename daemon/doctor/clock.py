"""The time: believable, kept right, and of which zone."""

from __future__ import annotations

import ctypes
import os
import time
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from config.settings import Settings
from daemon.doctor.finding import Finding, graded

EARLIEST = 1_735_689_600  # 2025-01-01: no machine that runs this release is earlier
LEAP_SECONDS = 60
SET_IT = "timedatectl set-ntp true"
TIME_ERROR = 5
TIMEX_BYTES = 512
"""More than ``struct timex`` has anywhere; all zero it only asks."""
LOCALTIME = Path("/etc/localtime")


def check_clock(settings: Settings) -> Iterator[Finding]:
    """Is the time believable: not before this release, not before what was written already?"""
    now = time.time()
    if now < EARLIEST:
        yield Finding("clock", "fail", f"the clock says {_date(now)}", SET_IT)
        return
    newest = _written(settings.database)
    if newest is not None and newest > now + LEAP_SECONDS:
        detail = f"the database was written {newest - now:.0f} s in the future of the clock"
        yield Finding("clock", "warn", detail, SET_IT)
        return
    yield Finding("clock", "ok", _date(now))


def check_synchronised(settings: Settings) -> Iterator[Finding]:
    """Is it kept right by the network, or by whatever sets it?"""
    said = synchronised()
    if said is None:
        yield Finding("time synchronisation", "ok", "it can't be told here whether the clock is synchronised")
    elif said:
        yield Finding("time synchronisation", "ok", "the clock is synchronised")
    else:
        detail = "the clock is not synchronised and drifts: times of jobs will be off"
        yield Finding("time synchronisation", "warn", detail, SET_IT)


def synchronised() -> bool | None:
    """What the kernel was told by the last who set its clock; None where it does not tell."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


def check_time_zone(settings: Settings) -> Iterator[Finding]:
    """In which zone are days counted and dates shown?"""
    wanted = os.environ.get("TZ", "").removeprefix(":")
    if wanted and time.timezone == 0 and not time.daylight and not _is_known(wanted):
        yield Finding("time zone", "warn", f"TZ is {wanted!r}, which is no zone: UTC is taken", "unset TZ")
        return
    name = wanted or _linked()
    yield graded("time zone", f"{time.strftime('%Z (%z)')}{f', {name}' if name else ''}", None)


def _is_known(zone: str) -> bool:
    if zone.upper().startswith(("UTC", "GMT", "/")):
        return True
    try:
        zoneinfo.ZoneInfo(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def _linked() -> str:
    return str(LOCALTIME.resolve()).partition("zoneinfo/")[2]


def _written(path: Path) -> float | None:
    """None where there is nothing, or where it may not be looked at: the clock itself can be judged all the same."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(seconds))
