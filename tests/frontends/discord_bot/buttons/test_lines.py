"""Options as lines of a form."""

from __future__ import annotations

import pytest
from support.requests import settled

from frontends.discord_bot.buttons.lines import read, shown
from frontends.discord_bot.options import named
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.words import Catalogue

ROWS = named("negative", "count", "steps", "guidance", "scheduler", "seed")
CATALOGUE = Catalogue.read()
ENGLISH, GERMAN = CATALOGUE.words("en-US"), CATALOGUE.words("de")


def test_what_is_shown_is_read_back() -> None:
    request = settled(negative_prompt="grey,\nblurry: all", count=3, guidance_scale=5.25)

    lines = shown(ROWS, request)
    assert read(lines, ROWS, ENGLISH) == {
        "negative": "grey, blurry: all",
        "count": 3,
        "steps": 18,
        "guidance": 5.25,
        "scheduler": "DPM++ 2M",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", {}),
        ("steps: 20", {"steps": 20}),
        ("  Steps =20\n\nguidance:7,5 ", {"steps": 20, "guidance": 7.5}),
        ("seed:", {}),
        ("scheduler: DPM++ 2M Karras", {"scheduler": "DPM++ 2M Karras"}),
        ("steps: 5\nsteps: 6", {"steps": 6}),
    ],
)
def test_lines_are_read_as_people_write_them(text: str, said: dict[str, object]) -> None:
    assert read(text, ROWS, ENGLISH) == said


def test_names_may_be_said_in_the_language_of_who_asks() -> None:
    assert read("Schritte: 9\nanzahl: 2", ROWS, GERMAN) == {"steps": 9, "count": 2}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("twenty steps", "errors.not_a_line"),
        ("stepps: 3", "errors.not_offered"),
        ("private: yes", "errors.not_offered"),
        ("steps: many", "errors.not_a_number"),
        ("steps: 1.5", "errors.not_a_number"),
        ("x" * 5_000, "errors.not_a_line"),
    ],
)
def test_a_slip_is_named(text: str, key: str) -> None:
    with pytest.raises(Refused) as refused:
        read(text, ROWS, ENGLISH)

    assert refused.value.key == key
    assert len(ENGLISH.say(key, **refused.value.values)) < 500
