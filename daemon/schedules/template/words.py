"""What stands behind the places of a text at one due time."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from config.errors import UserError
from daemon.schedules.template.syntax import Part, Place, Text, Wildcard
from daemon.schedules.template.wildcards import Wildcards

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Occasion:
    """One run: the schedule's id and name, the due time as a moment and as clocks show it, and its number from 1."""

    schedule: str
    name: str
    due: int
    shown: datetime
    number: int


def filled(text: Text, occasion: Occasion, wildcards: Wildcards, field: str) -> str:
    """The same words for the same occasion, whenever it is asked for (as long as no list changes).

    :class:`UserError` for a place that is not known.
    """
    chance = random.Random(f"{occasion.schedule} {occasion.due} {occasion.number} {field}")  # noqa: S311 - no secret
    return "".join(_word(part, occasion, wildcards, chance, field) for part in text)


def _word(part: Part, occasion: Occasion, wildcards: Wildcards, chance: random.Random, field: str) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Place):
        return _place(part, occasion, field)
    if isinstance(part, Wildcard):
        return chance.choice(wildcards.lines(part.name))
    branch = chance.choice(part.of)
    return "".join(_word(each, occasion, wildcards, chance, field) for each in branch)


def _place(place: Place, occasion: Occasion, field: str) -> str:
    if place.name not in PLACES:
        hint = f"there are: {', '.join(f'{{{name}}}' for name in PLACES)}"
        raise UserError(f"{field}: nothing is known as {{{place.name}}}", field=field, hint=hint)
    try:
        return PLACES[place.name](occasion, place.form)
    except ValueError:
        raise UserError(
            f"{field}: {place.form!r} is no form of {{{place.name}}}",
            field=field,
            hint="write {n:03}, or {date:%d.%m.%Y} and {time:%H.%M} with the letters of strftime",
        ) from None


def _number(occasion: Occasion, form: str) -> str:
    if form and not re.fullmatch(r"0?[1-9][0-9]?", form):
        raise ValueError(form)
    return f"{occasion.number:{form}d}"


def _dated(usual: str) -> Callable[[Occasion, str], str]:
    def word(occasion: Occasion, form: str) -> str:
        if form and "%" not in form:
            raise ValueError(form)
        return occasion.shown.strftime(form or usual)

    return word


def _plainly(word: Callable[[Occasion], str]) -> Callable[[Occasion, str], str]:
    def without_form(occasion: Occasion, form: str) -> str:
        if form:
            raise ValueError(form)
        return word(occasion)

    return without_form


PLACES: Mapping[str, Callable[[Occasion, str], str]] = {
    "date": _dated("%Y-%m-%d"),
    "time": _dated("%H:%M"),
    "year": _plainly(lambda occasion: f"{occasion.shown:%Y}"),
    "month": _plainly(lambda occasion: MONTHS[occasion.shown.month - 1]),
    "day": _plainly(lambda occasion: str(occasion.shown.day)),
    "weekday": _plainly(lambda occasion: WEEKDAYS[occasion.shown.weekday()]),
    "week": _plainly(lambda occasion: str(occasion.shown.isocalendar().week)),
    "n": _number,
    "name": _plainly(lambda occasion: occasion.name),
}
