"""Why a way was closed, in words for the one who asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from frontends.discord_bot.words import Words

KEYS: Mapping[int, str] = MappingProxyType(
    {
        0: "expired",
        10015: "expired",
        10062: "expired",
        50027: "expired",
        10008: "message_gone",
        10003: "channel_gone",
        10004: "channel_gone",
        50001: "access",
        50013: "access",
        50007: "direct_closed",
        50278: "direct_closed",
        10013: "user_gone",
        50033: "user_gone",
        30046: "old",
        40005: "too_large",
        40094: "follow_ups",
        50083: "archived",
    }
)
"""By Discord's codes; others are told by their number."""


def reason(words: Words, codes: Iterable[int]) -> str:
    """What closed the ways, one sentence each, none twice."""
    said: list[str] = []
    for code in codes:
        key = KEYS.get(code)
        sentence = words.say(f"delivering.{key}") if key else words.say("delivering.refused", code=code)
        if sentence not in said:
            said.append(sentence)
    return " ".join(said)
