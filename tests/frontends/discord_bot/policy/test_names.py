"""What may be set, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from frontends.discord_bot.policy.names import NAMES, checked
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.words.catalogue import texts


@pytest.mark.parametrize(
    ("name", "scope", "value", "key"),
    [
        ("block", "role:4", True, "policy.not_for_these"),
        ("moderator", "user:3", True, "policy.not_for_these"),
        ("age_restricted", "user:3", True, "policy.not_for_these"),
        ("queued", "guild", -1, "policy.out_of_range"),
        ("max_steps", "guild", 151, "policy.out_of_range"),
        ("max_pixels", "guild", 4095, "policy.out_of_range"),
        ("filter", "guild", ["x"] * 101, "policy.list_full"),
        ("filter", "guild", ["x" * 100] * 31, "policy.list_full"),
        ("filter", "guild", ["  "], "policy.entry_length"),
    ],
)
def test_what_can_not_be_set(name: str, scope: str, value: Any, key: str) -> None:
    with pytest.raises(Refused) as caught:
        checked(name, scope, value)

    assert caught.value.key == key


def test_what_can_be_set() -> None:
    for name, scope, value in [
        ("queued", "role:4", 0),
        ("max_pixels", "channel:2", 4096),
        ("filter", "guild", ["x"] * 100),
        ("block", "user:3", {"reason": "x"}),
    ]:
        assert checked(name, scope, value) == value


def test_every_name_has_words() -> None:
    known = texts("en")

    for each in NAMES:
        wanted = f"policy.verb.{each.name[4:]}" if each.name.startswith("use.") else f"policy.name.{each.name}"
        assert wanted in known
