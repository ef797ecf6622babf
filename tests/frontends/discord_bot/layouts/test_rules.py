"""Rules and lists in words: harmless whatever is in them, and never longer than a message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.service import AuditEntry
from frontends.discord_bot.layouts import rules, text
from frontends.discord_bot.layouts.note import MOST_CHARACTERS
from frontends.discord_bot.words import LANGUAGES, Catalogue

CATALOGUE = Catalogue.read()
WORDS = CATALOGUE.words("en")
HOSTILE = "@everyone **x** [a](https://a.example) <@1> `"


@given(st.lists(st.text(max_size=800), max_size=60), st.integers(1, 30))
def test_a_page_goes_into_a_message(lines: list[str], number: int) -> None:
    said = rules.page("Rules", [each.replace("\n", " ") for each in lines], number, WORDS)

    assert len(said) <= MOST_CHARACTERS


def test_every_line_is_on_one_page() -> None:
    lines = [f"line {number};" for number in range(40)]
    pages = [rules.page("Rules", lines, number, WORDS) for number in (1, 2, 3)]

    assert all(sum(line in page for page in pages) == 1 for line in lines)


@pytest.mark.parametrize(
    ("name", "said"),
    [("filter", [HOSTILE]), ("models", [HOSTILE]), ("defaults", {"negative": HOSTILE}), ("block", {"reason": HOSTILE})],
)
def test_what_people_wrote_shows_as_it_is(name: str, said: Any) -> None:
    told = rules.rule("user:3", name, said, WORDS)

    assert text.plain(HOSTILE, 300) in told
    assert "@everyone" not in told


@pytest.mark.parametrize("scope", ["user:3>", "guild", "team:3", "user:", "user:<@4>"])
def test_a_scope_that_names_nobody_mentions_nobody(scope: str) -> None:
    assert rules.whom(scope, WORDS) == "everyone"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("action", "detail"),
    [
        ("policy_set", {"scope": "guild", "name": "queued", "value": 3}),
        ("policy_set", {"scope": "role:4", "name": "use.vary", "value": False, "was": True}),
        ("policy_unset", {"scope": "user:3", "name": "block", "was": True}),
        ("policy_set", {"scope": "guild", "name": "of another version", "value": 1}),
        ("delete", {"job": "06h1n5v7jx06y3qg", "owner": "discord:3"}),
        ("cancel", {"job": "06h1n5v7jx06y3qg", "owner": "discord:3"}),
        ("spoiler on", {"job": "06h1n5v7jx06y3qg", "owner": "discord:3"}),
        ("spoiler off", {}),
        ("schedule_paused", {"schedule": "d3.daily", "owner": "discord:3"}),
        ("pause", {"free_memory": True}),
        ("resume", {}),
        ("something **new**", {}),
    ],
)
def test_every_note_is_told(language: str, action: str, detail: dict[str, Any]) -> None:
    told = rules.noted(AuditEntry(1, 1_800_000_000_000, "1", "discord:9", action, detail), CATALOGUE.words(language))

    assert told.startswith("<t:1800000000:R> · <@9> · ")
    assert "**new**" not in told
