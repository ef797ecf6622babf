"""Layouts that the service takes, and those that it does not."""

from __future__ import annotations

from typing import Any

import pytest
from support.discord_layouts import BAD, GOOD, V2, button, gallery, row, text
from support.discord_studio import Api, Studio
from support.pictures import picture


@pytest.mark.parametrize("case", GOOD)
async def test_a_layout_within_the_rules_is_taken(studio: Studio, api: Api, case: str) -> None:
    told = await api.ask("POST", studio.here, {"flags": V2, "components": GOOD[case]})

    assert told.status == 200, told.body
    assert told.body["flags"] == V2
    numbers = [each["id"] for each in told.body["components"]]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("case", BAD)
async def test_a_layout_that_breaks_a_rule_is_refused(studio: Studio, api: Api, case: str) -> None:
    components, place, code = BAD[case]

    told = await api.ask("POST", studio.here, {"flags": V2, "components": components})

    assert (told.status, told.code) == (400, 50035)
    assert told.mistakes().get(place) == code, told.body
    assert studio.fake.messages(studio.channel) == []


async def test_a_layout_needs_its_flag(studio: Studio, api: Api) -> None:
    told = await api.ask("POST", studio.here, {"components": [text()]})

    assert told.mistakes() == {"components.0": "UNION_TYPE_CHOICES"}


@pytest.mark.parametrize("more", [{"content": "hi"}, {"embeds": [{"title": "hi"}]}, {"sticker_ids": ["1"]}])
async def test_a_layout_stands_alone(studio: Studio, api: Api, more: dict[str, Any]) -> None:
    told = await api.ask("POST", studio.here, {"flags": V2, "components": [text()], **more})

    (place,) = more
    assert told.mistakes() == {place: "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}


async def test_a_plain_message_becomes_a_layout_and_not_back(studio: Studio, api: Api) -> None:
    told = await api.ask("POST", studio.here, {"content": "plain"})
    place = f"{studio.here}/{told.body['id']}"

    layout = {"flags": V2, "components": [text()]}
    refused = await api.ask("PATCH", place, layout)
    assert refused.mistakes() == {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}
    assert (await api.ask("PATCH", place, {**layout, "content": None})).status == 200
    assert (await api.ask("PATCH", place, {"components": [text("new")]})).status == 200
    back = await api.ask("PATCH", place, {"flags": 0, "components": [], "content": "plain"})
    assert back.status == 400
    assert studio.fake.messages(studio.channel)[0].text == "new"


async def test_files_are_shown_where_the_layout_says(studio: Studio, api: Api) -> None:
    """
    1. Two files are sent, one in a gallery.
    2. The gallery is exchanged for one with a new file, and the old files are not kept.
    Result: only what the layout shows is seen; a shown file is not told among the attachments, but with its id.
    """
    fake = studio.fake
    layout = {"flags": V2, "components": [gallery("attachment://a.png")]}
    told = await api.ask("POST", studio.here, layout, a_png=picture(), b_png=picture(3, 3))
    message = fake.messages(studio.channel)[0]

    assert [each.name for each in message.attachments] == ["a.png", "b.png"]
    assert [each.name for each in message.pictures] == ["a.png"]
    assert [each["filename"] for each in told.body["attachments"]] == ["b.png"]
    media = told.body["components"][0]["items"][0]["media"]
    assert media["attachment_id"] == str(message.attachments[0].id)
    assert media["width"] == 64

    fields = {"components": [gallery("attachment://c.png")], "attachments": [{"id": 0, "description": "new"}]}
    edited = await api.ask("PATCH", f"{studio.here}/{message.id}", fields, c_png=picture())
    assert edited.status == 200, edited.body
    assert [(each.name, each.description) for each in message.pictures] == [("c.png", "new")]


async def test_an_edit_shows_only_files_that_it_describes(studio: Studio, api: Api) -> None:
    told = await api.ask("POST", studio.here, {"flags": V2, "components": [text()]})
    place, shown = f"{studio.here}/{told.body['id']}", {"components": [gallery("attachment://a.png")]}

    refused = await api.ask("PATCH", place, shown, a_png=picture())
    assert list(refused.mistakes().values()) == ["UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"]
    assert (await api.ask("PATCH", place, {**shown, "attachments": [{"id": 0}]}, a_png=picture())).status == 200


async def test_a_message_of_the_old_kind_has_five_rows(studio: Studio, api: Api) -> None:
    rows = [row(button(str(n))) for n in range(6)]

    assert (await api.ask("POST", studio.here, {"content": "x", "components": rows[:5]})).status == 200
    told = await api.ask("POST", studio.here, {"content": "x", "components": rows})
    assert told.mistakes() == {"components": "BASE_TYPE_MAX_LENGTH"}
