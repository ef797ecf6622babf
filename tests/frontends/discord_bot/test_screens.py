"""The screens of the README are what the bot sends now."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.discord_view.screens import Screen, pictures, screens

FOLDER = Path(__file__).parents[3] / "plots" / "discord"
MOST_BYTES = 150_000
SCREENS = {each.name: each for each in screens()}


def without_pictures(drawn: str) -> str:
    return re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "PICTURE", drawn)


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_up_to_date(name: str) -> None:
    kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")

    assert without_pictures(kept) == without_pictures(SCREENS[name].svg(pictures())), "make screens draws it anew"
    assert len(kept.encode()) < MOST_BYTES
    assert ElementTree.fromstring(kept).tag.endswith("svg")


def test_there_is_no_other_screen() -> None:
    assert {each.stem for each in FOLDER.iterdir()} == set(SCREENS)


@pytest.mark.parametrize("name", SCREENS)
def test_the_page_says_the_same_and_needs_nothing_else(name: str) -> None:
    page = SCREENS[name].html(pictures())

    class Said(HTMLParser):
        words = ""

        def handle_data(self, data: str) -> None:
            self.words += f" {data}"

    said = Said()
    said.feed(page)
    drawn = ElementTree.fromstring(SCREENS[name].svg(pictures()))
    for each in drawn.iter():
        if each.tag.endswith("}text") and each.text:
            assert not set(each.text.split()) - set(said.words.split()), each.text
    assert "http" not in without_pictures(page)


def test_a_picture_behind_a_spoiler_is_blurred() -> None:
    done = SCREENS["done"]
    assert done.components is not None
    hidden = [
        {**each, "components": [_hidden(child) for child in each.get("components", [])]} for each in done.components
    ]
    assert 'class="spoiler"' in Screen("hidden", hidden).html(pictures())


def _hidden(part: dict[str, object]) -> dict[str, object]:
    items = part.get("items")
    return {**part, "items": [{**each, "spoiler": True} for each in items]} if isinstance(items, list) else part
