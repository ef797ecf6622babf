"""Three seconds, one answer, fifteen minutes, and what a token reaches."""

from __future__ import annotations

import asyncio

import pytest
from support.discord_studio import ECHO, Api, Studio
from support.fake_discord.acts import NotOffered
from support.fake_discord.interactions import NoAnswer
from support.fake_discord.uploads import Upload
from support.pictures import picture

SAY, THINK, LATER, UPDATE, SUGGEST, MODAL = 4, 5, 6, 7, 8, 9
ROW = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}
FORM = {
    "custom_id": "form",
    "title": "Form",
    "components": [{"type": 18, "label": "Text", "component": {"type": 4, "style": 1, "custom_id": "text"}}],
}


async def test_an_answer_in_time_is_seen_by_all(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi")
    told = await api.answer(asked, SAY, {"content": "hello"})

    assert told.status == 200
    assert told.body["resource"]["message"]["content"] == "hello"
    assert told.body["interaction"]["response_message_id"] == told.body["resource"]["message"]["id"]
    assert [each.content for each in studio.fake.messages(studio.channel)] == ["hello"]
    assert (await asked.message()).interaction is not None


async def test_an_answer_may_carry_files(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi", file=Upload("in.png", picture()))
    told = await api.answer(
        asked, SAY, {"content": "out", "attachments": [{"id": 0, "description": "alt"}]}, a_png=picture()
    )

    assert told.body["resource"]["message"]["attachments"][0]["description"] == "alt"
    (kept,) = asked.data["resolved"]["attachments"].values()
    assert (kept["filename"], kept["width"], kept["ephemeral"]) == ("in.png", 64, True)
    over = await api.ask("POST", api.webhook(asked), {}, b_bin=bytes(asked.upload_limit() + 1))
    assert (over.status, over.code) == (413, 40005)


async def test_after_three_seconds_nobody_knows_the_interaction(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi")
    studio.fake.clock.advance(3.1)

    told = await api.answer(asked, SAY, {"content": "hello"})

    assert (told.status, told.code) == (404, 10062)
    assert studio.fake.interactions.unanswered() == [asked]
    with pytest.raises(NoAnswer):
        await asked.answered(0.05)


async def test_a_second_answer_is_refused(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi")
    await api.answer(asked, THINK)

    told = await api.answer(asked, SAY, {"content": "hello"})

    assert (told.status, told.code) == (400, 40060)


async def test_before_the_first_answer_the_token_leads_nowhere(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi")

    told = await api.ask("POST", api.webhook(asked), {"content": "hello"})

    assert (told.status, told.code) == (404, 10015)


async def test_a_token_is_good_for_fifteen_minutes(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi")
    await api.answer(asked, THINK)
    studio.fake.clock.advance(895)
    assert (await api.ask("PATCH", api.webhook(asked, "@original"), {"content": "just"})).status == 200

    studio.fake.clock.advance(10)
    for method, path in (
        ("PATCH", api.webhook(asked, "@original")),
        ("GET", api.webhook(asked, "@original")),
        ("DELETE", api.webhook(asked, "@original")),
        ("POST", api.webhook(asked)),
    ):
        told = await api.ask(method, path, {"content": "late"} if method in ("PATCH", "POST") else None)
        assert (told.status, told.code) == (401, 50027)


async def test_a_waiting_answer_may_only_be_ephemeral(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi")

    told = await api.answer(asked, THINK, {"flags": 1 << 15})
    assert (told.status, told.code) == (400, 50035)
    assert (await api.answer(asked, THINK, {"flags": 1 << 6})).status == 200
    message = await asked.shows(lambda message: message.loading)
    assert message.seen_only_by is studio.ada
    assert studio.fake.messages(studio.channel) == []


async def test_the_first_follow_up_fills_the_waiting_message(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi")
    await api.answer(asked, THINK)

    first = await api.ask("POST", api.webhook(asked), {"content": "one"})
    second = await api.ask("POST", api.webhook(asked), {"content": "two", "flags": 64})

    assert asked.original is not None
    assert first.body["id"] == str(asked.original.id)
    assert studio.fake.followups_that_edited == 1
    assert [each.content for each in asked.followups] == ["two"]
    assert [each.content for each in studio.fake.messages(studio.channel)] == ["one"]
    seen = studio.fake.messages(studio.channel, seen_by=studio.ada)
    assert [each.content for each in seen] == ["one", "two"]
    assert (await api.ask("PATCH", api.webhook(asked, second.body["id"]), {"content": "2"})).status == 200
    assert (await api.ask("DELETE", api.webhook(asked, second.body["id"]))).status == 204
    assert (await api.ask("GET", api.webhook(asked, second.body["id"]))).code == 10008


async def test_an_ephemeral_message_is_not_for_the_bots_own_token(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi")
    told = await api.answer(asked, SAY, {"content": "psst", "flags": 64})

    number = told.body["interaction"]["response_message_id"]
    assert (await api.ask("PATCH", f"{studio.here}/{number}", {"content": "x"})).code == 10008
    assert (await api.ask("GET", api.webhook(asked, "@original"))).body["content"] == "psst"


async def test_a_button_changes_its_message_or_leaves_it(studio: Studio, api: Api) -> None:
    told = await api.ask("POST", studio.here, {"content": "press", "components": [ROW]})
    message = studio.fake.messages(studio.channel)[0]

    pressed = await studio.fake.press(studio.ada, message, "go")
    assert (await api.answer(pressed, UPDATE, {"content": "pressed", "components": []})).status == 200
    assert (await api.ask("GET", api.webhook(pressed, "@original"))).body["id"] == told.body["id"]
    assert message.text == "pressed"
    with pytest.raises(NotOffered, match="has no 'go'"):
        await studio.fake.press(studio.ada, message, "go")
    forged = await studio.fake.press(studio.ada, message, "go", forged=True)
    assert (await api.answer(forged, LATER)).status == 200
    assert message.text == "pressed"


async def test_who_may_touch_a_button(studio: Studio, api: Api) -> None:
    off = {"type": 1, "components": [{**ROW["components"][0], "disabled": True}]}  # type: ignore[index]
    await api.ask("POST", studio.here, {"content": "press", "components": [off]})
    message = studio.fake.messages(studio.channel)[0]

    with pytest.raises(NotOffered, match="greyed out"):
        await studio.fake.press(studio.ada, message, "go")
    with pytest.raises(NotOffered, match="does not see"):
        await studio.fake.press(studio.fake.user("stranger"), message, "go")


@pytest.mark.parametrize("kind", [LATER, UPDATE, SUGGEST, 1, 3, 99])
async def test_a_command_takes_no_answer_of_another_kind(studio: Studio, api: Api, kind: int) -> None:
    told = await api.answer(await studio.asked(text="hi"), kind, {"content": "x", "choices": []})

    assert told.mistakes() == {"type": "BASE_TYPE_CHOICES"}


@pytest.mark.parametrize(("count", "status"), [(25, 200), (26, 400)])
async def test_suggestions_are_25_at_most(studio: Studio, api: Api, count: int, status: int) -> None:
    studio.fake.commands.overwrite(None, [ECHO])
    asking = asyncio.create_task(studio.fake.autocomplete(studio.ada, studio.channel, "echo", "text", "a"))
    while not studio.fake.interactions.every:
        await asyncio.sleep(0.005)
    asked = studio.fake.interactions.every[0]

    told = await api.answer(asked, SUGGEST, {"choices": [{"name": str(n), "value": str(n)} for n in range(count)]})

    assert told.status == status
    if status == 400:
        assert told.mistakes() == {"data.choices": "BASE_TYPE_MAX_LENGTH"}
        await api.answer(asked, SUGGEST, {"choices": []})
    assert len(await asking) == (count if status == 200 else 0)


async def test_a_modal_is_an_answer_but_not_to_a_modal(studio: Studio, api: Api) -> None:
    asked = await studio.asked(text="hi")
    assert (await api.answer(asked, MODAL, FORM)).status == 200
    submitted = await studio.fake.submit(asked, text="filled")
    assert submitted.data["components"][0]["component"] == {"type": 4, "id": 2, "custom_id": "text", "value": "filled"}

    told = await api.answer(submitted, MODAL, FORM)
    assert told.mistakes() == {"type": "BASE_TYPE_CHOICES"}
    assert (await api.answer(submitted, SAY, {"content": "thanks"})).status == 200


BAD_FORMS = {
    "no title": ({**FORM, "title": ""}, "data.title"),
    "long title": ({**FORM, "title": "x" * 46}, "data.title"),
    "nothing in it": ({**FORM, "components": []}, "data.components"),
    "too much in it": ({**FORM, "components": FORM["components"] * 6}, "data.components"),
    "a button": ({**FORM, "components": [ROW]}, "data.components.0.components.0"),
    "long label": (
        {**FORM, "components": [{**FORM["components"][0], "label": "x" * 46}]},  # type: ignore[dict-item]
        "data.components.0.label",
    ),
    "the same id twice": (
        {**FORM, "components": [FORM["components"][0], FORM["components"][0]]},
        "data.components.1.component.custom_id",
    ),
    "one radio": (
        {
            **FORM,
            "components": [
                {
                    "type": 18,
                    "label": "x",
                    "component": {"type": 21, "custom_id": "r", "options": [{"label": "a", "value": "a"}]},
                }
            ],
        },
        "data.components.0.component.options",
    ),
}


@pytest.mark.parametrize("case", BAD_FORMS)
async def test_a_modal_that_breaks_a_rule_is_refused(studio: Studio, api: Api, case: str) -> None:
    form, place = BAD_FORMS[case]

    told = await api.answer(await studio.asked(text="hi"), MODAL, form)

    assert told.status == 400
    assert place in told.mistakes()


async def test_a_user_brings_the_application_where_the_bot_is_not(studio: Studio, api: Api) -> None:
    """
    1. A user who has installed the application for herself uses it in a guild without the bot.
    Result: answers work, five follow-ups and not a sixth; the bot's own token reaches nothing there.
    """
    fake, ada = studio.fake, studio.ada
    abroad = fake.guild("abroad", with_bot=False)
    channel = fake.channel(abroad)
    fake.world.join(ada, abroad)
    fake.commands.overwrite(None, [{**ECHO, "integration_types": [0, 1], "contexts": [0, 1, 2]}])
    with pytest.raises(NotOffered):
        await fake.slash(ada, channel, "echo", text="hi")

    ada.application_installed = True
    asked = await fake.slash(ada, channel, "echo", text="hi")
    assert asked.owners == {"1": str(ada.id)}
    assert (await api.answer(asked, SAY, {"content": "hello"})).status == 200
    fake.limits.loosen()
    codes = [(await api.ask("POST", api.webhook(asked), {"content": str(n)})).body.get("code") for n in range(6)]
    assert codes == [None] * 5 + [40094]
    told = await api.ask("POST", f"/channels/{channel.id}/messages", {"content": "me too"})
    assert (told.status, told.code) == (403, 50001)


async def test_in_direct_messages_the_guild_owner_is_nobody(studio: Studio) -> None:
    studio.fake.commands.overwrite(None, [ECHO])

    asked = await studio.fake.slash(studio.ada, studio.fake.direct(studio.ada), "echo", text="hi")

    assert asked.owners == {"0": "0"}
    assert asked.context == 1


async def test_between_two_people_only_an_installation_of_their_own_counts(studio: Studio, api: Api) -> None:
    fake, ada = studio.fake, studio.ada
    private = fake.world.direct(ada, fake.user("bob"))
    fake.commands.overwrite(None, [{**ECHO, "integration_types": [0, 1], "contexts": [0, 1, 2]}])
    with pytest.raises(NotOffered):
        await fake.slash(ada, private, "echo", text="hi")

    ada.application_installed = True
    asked = await fake.slash(ada, private, "echo", text="hi")
    assert (asked.context, asked.owners) == (2, {"1": str(ada.id)})
    assert (await api.answer(asked, SAY, {"content": "hello"})).status == 200
    assert (await api.ask("POST", f"/channels/{private.id}/messages", {"content": "x"})).code == 50001


async def test_where_guests_may_not_speak_every_answer_is_ephemeral(studio: Studio, api: Api) -> None:
    fake, ada = studio.fake, studio.ada
    abroad = fake.guild("abroad", with_bot=False)
    channel = fake.channel(abroad)
    fake.world.join(ada, abroad)
    ada.application_installed = True
    channel.deny(abroad.everyone, "use_external_apps")
    fake.commands.overwrite(None, [{**ECHO, "integration_types": [1]}])

    await api.answer(await fake.slash(ada, channel, "echo", text="hi"), SAY, {"content": "hello"})

    assert fake.messages(channel) == []
    assert [each.content for each in fake.messages(channel, seen_by=ada)] == ["hello"]


async def test_commands_are_offered_to_those_they_are_for(studio: Studio) -> None:
    fake, ada = studio.fake, studio.ada
    fake.commands.overwrite(
        None,
        [
            {**ECHO, "name": "admin", "default_member_permissions": "32"},
            {**ECHO, "name": "adult", "nsfw": True},
            {**ECHO, "name": "here", "contexts": [0]},
        ],
    )
    with pytest.raises(NotOffered, match="not for ada"):
        await fake.slash(ada, studio.channel, "admin", text="hi")
    with pytest.raises(NotOffered, match="age-restricted"):
        await fake.slash(ada, studio.channel, "adult", text="hi")
    with pytest.raises(NotOffered, match="place of kind 1"):
        await fake.slash(ada, fake.direct(ada), "here", text="hi")

    fake.give(ada, studio.guild, fake.role(studio.guild, "staff", "manage_guild"))
    await fake.slash(ada, studio.channel, "admin", text="hi")
    await fake.slash(ada, fake.channel(studio.guild, "adults", nsfw=True), "adult", text="hi")
    await fake.slash(ada, studio.channel, "here", text="hi")
