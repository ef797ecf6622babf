"""Whole words, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontends.discord_bot.policy.phrases import found, words_of


@pytest.mark.parametrize(
    ("phrase", "prompt"),
    [
        ("gore", "a GORE scene"),
        ("gore", "gore"),
        ("gore", "gore, blood"),
        ("gore", "go\u200bre"),
        ("gore", "go\u00adre"),
        ("gore", "\uff47\uff4f\uff52\uff45"),
        ("gore", "\U0001d422s \U0001d420\U0001d428\U0001d42b\U0001d41e"),
        ("straße", "eine STRASSE"),
        ("blue moon", "the blue\n\tmoon"),
        ("blue moon", "blue-moon"),
        ("Blue_Moon", "blue moon"),
        ("血", "大量の血が流れる"),
        ("血 が", "血が"),
        ("café", "cafe\u0301"),
    ],
)
def test_it_is_found(phrase: str, prompt: str) -> None:
    assert found([phrase], prompt) == phrase


@pytest.mark.parametrize(
    ("phrase", "prompt"),
    [
        ("gore", "a gorge"),
        ("gore", "categore"),
        ("blue moon", "moon blue"),
        ("blue moon", "blue full moon"),
        ("ass", "a classic assassin"),
        ("", "anything"),
        ("...", "anything ..."),
    ],
)
def test_it_is_not_found(phrase: str, prompt: str) -> None:
    assert found([phrase], prompt) is None


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_a_phrase_between_others_is_found(before: str, phrase: str, after: str) -> None:
    if words_of(phrase):
        assert found([phrase], f"{before} . {phrase} . {after}") == phrase


@given(st.text(max_size=200))
def test_words_are_in_one_form(text: str) -> None:
    assert words_of(" ".join(words_of(text))) == words_of(text)
