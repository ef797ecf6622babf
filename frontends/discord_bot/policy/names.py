"""What moderators may set: one row for each name, with what its value is and what several of one rank come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from frontends.discord_bot.refusal import Refused
from pipeline.request import MAX_COUNT, MAX_SIDE_PIXELS, MAX_STEPS

Kind = Literal["flag", "number", "list", "options", "block"]
EVERYONE, CHANNEL, ROLE, USER = "guild", "channel", "role", "user"
"""Whom a rule is for: the part of a scope before the colon."""
ALL = (EVERYONE, CHANNEL, ROLE, USER)
PLACES = (EVERYONE, CHANNEL)

VERBS = ("imagine", "edit", "again", "vary", "pick", "schedule", "show", "search")
"""What may be allowed and denied by itself."""
KNOWN_AS = MappingProxyType({"subtle": "vary", "strong": "vary", "reroll": "again", "retry": "again"})
"""What the buttons are called, and under what that falls."""

MOST_IN_LIST = 100
MOST_CHARACTERS = 100
"""Of one entry of a list."""
MOST_OF_A_LIST = 3_000
"""Characters of all entries together: what can be kept in one row."""
NO_LIMIT = 0
LEAST_PIXELS = 64 * 64
"""The smallest picture that can be asked for."""


def _most(values: Sequence[int]) -> int:
    return NO_LIMIT if NO_LIMIT in values else max(values)


def _united(values: Sequence[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(each for value in values for each in value))


def _only(values: Sequence[Any]) -> Any:
    return values[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Its words are ``policy.name.NAME``."""

    name: str
    kind: Kind
    scopes: tuple[str, ...] = ALL
    together: Callable[[Sequence[Any]], Any] = _only
    """Of what several roles of somebody say: the most generous."""
    least: int = 1
    most: int = 0
    """Of a number that is no 0."""
    counts: tuple[Literal["pictures", "engine_ms", "queued"], Literal["day"] | None, int] | None = None
    """Of a limit: what is counted by what, and how many of it are one of the value."""


LIMITS = (
    Name(name="queued", kind="number", together=_most, most=10_000, counts=("queued", None, 1)),
    Name(name="pictures_per_day", kind="number", together=_most, most=1_000_000, counts=("pictures", "day", 1)),
    Name(name="gpu_seconds_per_day", kind="number", together=_most, most=1_000_000, counts=("engine_ms", "day", 1000)),
)
"""What somebody may use; 0 is no limit."""
MAXIMA = (
    Name(name="max_steps", kind="number", together=_most, most=MAX_STEPS),
    Name(name="max_pixels", kind="number", together=_most, least=LEAST_PIXELS, most=MAX_SIDE_PIXELS**2),
    Name(name="max_count", kind="number", together=_most, most=MAX_COUNT),
)
"""Of one request; 0 is no limit."""
NAMES = (
    Name(name="use", kind="flag", together=any),
    *(Name(name=f"use.{verb}", kind="flag", together=any) for verb in VERBS),
    Name(name="block", kind="block", scopes=(USER,)),
    Name(name="moderator", kind="flag", scopes=(ROLE,), together=any),
    *LIMITS,
    *MAXIMA,
    Name(name="models", kind="list", together=_united),
    Name(name="defaults", kind="options", scopes=PLACES),
    Name(name="age_restricted", kind="flag", scopes=PLACES),
    Name(name="spoiler", kind="flag", together=all),
    Name(name="filter", kind="list", scopes=PLACES, together=_united),
)
BY_NAME = MappingProxyType({each.name: each for each in NAMES})


def verb_of(action: str) -> str:
    """Under what an action falls that a command or a button stands for."""
    return KNOWN_AS.get(action, action)


def checked(name: str, scope: str, value: Any) -> Any:
    """The value, if it may be set there. Raises :class:`Refused`; ``KeyError`` for a name that is none."""
    row = BY_NAME[name]
    if scope.partition(":")[0] not in row.scopes:
        raise Refused("policy.not_for_these", name=name)
    if row.kind == "number" and value != NO_LIMIT and not row.least <= value <= row.most:
        raise Refused("policy.out_of_range", least=row.least, most=row.most)
    if row.kind == "list":
        if len(value) > MOST_IN_LIST or sum(len(each) + 3 for each in value) > MOST_OF_A_LIST:
            raise Refused("policy.list_full", most=MOST_IN_LIST)
        if any(not 0 < len(each.strip()) <= MOST_CHARACTERS for each in value):
            raise Refused("policy.entry_length", most=MOST_CHARACTERS)
    return value
