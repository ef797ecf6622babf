"""Cron text as crontab(5) means it: Sunday is 0 and 7, and of two day fields that are set either is enough.

Besides its five fields: names (``mon-fri``, ``jan``), ``L``, ``LW``, ``5#2``, ``5L``, and ``@daily`` and its like.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cronsim import CronSim, CronSimError

from config.errors import UserError

ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
FIELD = "cron"
HINT = "write five fields, minute hour day month weekday: '30 7 * * mon-fri', or @daily"
MAX_CHARACTERS = 200
FIELDS = 5
_SOME_DAY = datetime(2026, 1, 1)
_HOURS = frozenset(range(24))


def checked(text: str) -> str:
    """The expression in one spelling; :class:`UserError` says what is wrong."""
    words = " ".join(text.split())
    expression = ALIASES.get(words.lower(), words)
    if words.startswith("@") and expression is words:
        raise _wrong(f"there is no {words[:30]!r}", f"there are: {', '.join(ALIASES)}")
    if len(words) > MAX_CHARACTERS or len(expression.split()) != FIELDS:
        raise _wrong(f"{words[:60]!r} does not have five fields")
    try:
        next(times_from(expression, _SOME_DAY))
    except CronSimError as error:
        raise _wrong(f"{words!r}: {str(error).lower()}") from None
    except (StopIteration, ValueError):
        raise _wrong(f"{words!r} never comes", "no month has such a day") from None
    return expression


def is_all_day(expression: str) -> bool:
    """It runs by the minute or by the hour: it follows the hours that pass, however clocks are set meanwhile."""
    minute, hour, *_ = expression.split()
    return minute.startswith("*") or hour.startswith("*") or CronSim(expression, _SOME_DAY).hours >= _HOURS


def times_from(expression: str, start: datetime) -> Iterator[datetime]:
    """Local times from ``start`` on, ascending; ends when none comes for fifty years."""
    return iter(CronSim(expression, start.replace(microsecond=0) - timedelta(seconds=1)))


def explained(expression: str) -> str:
    """In words."""
    return str(CronSim(expression, _SOME_DAY).explain())


def _wrong(message: str, hint: str = HINT) -> UserError:
    return UserError(f"cron: {message}", field=FIELD, hint=hint)
