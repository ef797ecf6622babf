"""When something is to recur, as people say it: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from frontends.discord_bot.refusal import Refused

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
"""As cron numbers them, from 0."""
_SPAN = re.compile(r"(?:every\s+)?(\d{1,6})\s?([smhdw])", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"(?:daily\s+|every day\s+)?(?:at\s+)?(\d{1,2}):(\d{2})", re.ASCII | re.IGNORECASE)
_DAY = rf"(?:{'|'.join(DAYS)})[a-z]*"
_DAYS = re.compile(rf"({_DAY}(?:\s*[-,]\s*{_DAY})*)\s+(?:at\s+)?(\d{{1,2}}):(\d{{2}})", re.ASCII | re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_CRON = re.compile(r"[0-9A-Za-z*/,#?L-]+(?:\s+[0-9A-Za-z*/,#?L-]+){4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Occasions:
    """One of the three says when, in the words of :class:`daemon.service.Draft`."""

    cron: str | None = None
    every: str | None = None
    at: str | None = None


def read(said: str) -> Occasions:
    """``every 2h``, ``08:00``, ``mon-fri 08:00``, ``2026-12-24 18:00``, or cron's five fields."""
    text = " ".join(said.split())
    if found := _SPAN.fullmatch(text):
        return Occasions(every=f"{found[1]}{found[2].lower()}")
    if found := _CLOCK.fullmatch(text):
        return Occasions(cron=f"{_clock(found[1], found[2])} * * *")
    if found := _DAYS.fullmatch(text):
        days = re.sub(rf"{_DAY}", lambda day: day[0][:3].lower(), re.sub(r"\s", "", found[1].lower()))
        return Occasions(cron=f"{_clock(found[2], found[3])} * * {days}")
    if _MOMENT.fullmatch(text):
        return Occasions(at=text.replace(" ", "T"))
    if _CRON.fullmatch(text):
        return Occasions(cron=text)
    raise Refused("schedule.when")


def _clock(hour: str, minute: str) -> str:
    if int(hour) > 23 or int(minute) > 59:
        raise Refused("schedule.when")
    return f"{int(minute)} {int(hour)}"
