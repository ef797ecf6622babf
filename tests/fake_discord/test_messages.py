"""Messages by the bot's own token: sizes, nonces, age, permissions, threads, files."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from support.discord_studio import Api, Studio
from support.fake_discord.acts import NotOffered
from support.fake_discord.uploads import Upload
from support.pictures import picture


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"content": "x" * 2001}, "content"),
        ({"content": "x", "nonce": "n" * 26}, "nonce"),
        ({"content": "x", "embeds": [{}] * 11}, "embeds"),
        ({"content": "x", "attachments": [{"id": 7}]}, "attachments.0.id"),
        ({"content": 5}, "content"),
        ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "allowed_mentions.parse.0"),
        ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "allowed_mentions"),
        ({"content": "x", "message_reference": {"message_id": "1"}}, "message_reference"),
    ],
)
async def test_a_message_that_breaks_a_rule_is_refused(
    studio: Studio, api: Api, fields: dict[str, Any], place: str
) -> None:
    told = await api.ask("POST", studio.here, fields)

    assert (told.status, told.code) == (400, 50035)
    assert list(told.mistakes()) == [place]


async def test_an_empty_message_is_refused(studio: Studio, api: Api) -> None:
    assert (await api.ask("POST", studio.here, {})).code == 50006
    assert (await api.ask("POST", studio.here, {"content": " \n"})).code == 50006


async def test_the_same_nonce_is_the_same_message_for_some_minutes(studio: Studio, api: Api) -> None:
    fields = {"content": "once", "nonce": "delivery-1", "enforce_nonce": True}
    first = await api.ask("POST", studio.here, fields)
    again = await api.ask("POST", studio.here, {**fields, "content": "twice"})

    assert again.body["id"] == first.body["id"]
    assert again.body["content"] == "once"
    other = await api.ask("POST", studio.here, {**fields, "enforce_nonce": False})
    assert other.body["id"] != first.body["id"]
    studio.fake.clock.advance(301)
    later = await api.ask("POST", studio.here, fields)
    assert later.body["id"] not in (first.body["id"], other.body["id"])


async def test_files_have_their_limits(studio: Studio, api: Api) -> None:
    fake, mega = studio.fake, 1 << 20
    fake.limits.loosen()
    over = await api.ask("POST", studio.here, {}, a_bin=bytes(10 * mega + 1))
    assert (over.status, over.code) == (413, 40005)
    assert (await api.ask("POST", studio.here, {}, a_bin=bytes(10 * mega))).status == 200
    together = await api.ask("POST", studio.here, {}, **{f"{n}_bin": bytes(9 * mega) for n in "abc"})
    assert (together.status, together.code) == (413, 40005)
    eleven = await api.ask("POST", studio.here, {}, **{f"f{n}_png": picture() for n in range(11)})
    assert (eleven.status, eleven.code) == (400, 30015)

    studio.guild.tier = 2
    assert (await api.ask("POST", studio.here, {}, a_bin=bytes(10 * mega + 1))).status == 200


async def test_files_are_kept_named_and_described_by_an_edit(studio: Studio, api: Api) -> None:
    described = [{"id": 0, "description": "a fox"}, {"id": 1, "filename": "b.png"}]
    told = await api.ask("POST", studio.here, {"attachments": described}, SPOILER_a_png=picture(), b_png=picture())
    message = studio.fake.messages(studio.channel)[0]
    place, kept = f"{studio.here}/{message.id}", told.body["attachments"][0]["id"]

    assert told.body["attachments"][0]["description"] == "a fox"
    assert [each.name for each in message.pictures] == ["SPOILER_a.png", "b.png"]
    assert [each.spoiler for each in message.pictures] == [True, False]
    assert (await api.ask("PATCH", place, {"attachments": [{"id": kept, "is_spoiler": False}]})).status == 200
    assert [(each.description, each.spoiler) for each in message.pictures] == [("a fox", False)]
    gone = await api.ask("PATCH", place, {"attachments": [{"id": told.body["attachments"][1]["id"]}]})
    assert gone.mistakes() == {"attachments.0.id": "ATTACHMENT_NOT_FOUND"}
    assert (await api.ask("PATCH", place, {"attachments": []})).code == 50006
    added = await api.ask("PATCH", place, {"content": "and c"}, c_png=picture())
    assert [each["filename"] for each in added.body["attachments"]] == ["SPOILER_a.png", "c.png"]


async def test_a_link_to_a_file_is_good_for_a_day(studio: Studio, api: Api) -> None:
    content = picture()
    told = await api.ask("POST", studio.here, {}, a_png=content)
    url = told.body["attachments"][0]["url"]

    async with aiohttp.ClientSession() as session:
        async with session.get(url) as response:
            assert await response.read() == content
        async with session.get(url.replace("hm=", "hm=0")) as response:
            assert response.status == 404
        studio.fake.clock.advance(86_401)
        async with session.get(url) as response:
            assert response.status == 404


async def test_old_messages_can_not_be_edited_often(studio: Studio, api: Api) -> None:
    told = await api.ask("POST", studio.here, {"content": "old"})
    place = f"{studio.here}/{told.body['id']}"
    studio.fake.limits.loosen()
    studio.fake.clock.advance(3590)
    for number in range(10):
        assert (await api.ask("PATCH", place, {"content": f"young {number}"})).status == 200

    studio.fake.clock.advance(60)
    codes = [(await api.ask("PATCH", place, {"content": f"old {n}"})).status for n in range(6)]
    refused = await api.ask("PATCH", place, {"content": "old"})
    assert codes == [200] * 5 + [429]
    assert refused.code == 30046
    assert refused.body["retry_after"] > 0
    assert refused.headers["Via"]
    studio.fake.clock.advance(61)
    assert (await api.ask("PATCH", place, {"content": "later"})).status == 200


async def test_only_the_author_edits_and_moderators_delete(studio: Studio, api: Api) -> None:
    said = await studio.fake.say(studio.ada, studio.channel, "mine")
    place = f"{studio.here}/{said.id}"

    assert (await api.ask("PATCH", place, {"content": "yours"})).code == 50005
    assert (await api.ask("DELETE", place)).code == 50013
    studio.channel.grant(studio.fake.bot, "manage_messages")
    assert (await api.ask("DELETE", place)).status == 204
    assert (await api.ask("DELETE", place)).code == 10008


@pytest.mark.parametrize(
    ("taken", "code"), [("view_channel", 50001), ("send_messages", 50013), ("attach_files", 50013)]
)
async def test_what_the_bot_may_not_it_can_not(studio: Studio, api: Api, taken: str, code: int) -> None:
    studio.channel.deny(studio.guild.everyone, taken)

    told = await api.ask("POST", studio.here, {}, a_png=picture())

    assert (told.status, told.code) == (403, code)
    assert studio.fake.limits.invalid == 1
    studio.channel.grant(studio.fake.bot, taken)
    assert (await api.ask("POST", studio.here, {}, a_png=picture())).status == 200


async def test_unknown_things_have_their_codes(studio: Studio, api: Api) -> None:
    assert (await api.ask("GET", "/channels/1")).code == 10003
    assert (await api.ask("GET", "/guilds/1")).code == 10004
    assert (await api.ask("GET", f"{studio.here}/1")).code == 10008
    assert (await api.ask("GET", "/users/1")).code == 10013
    assert (await api.ask("GET", f"/guilds/{studio.guild.id}/members/1")).code == 10007
    assert (await api.ask("GET", "/channels/one")).code == 50035
    told = await api.with_token("wrong").ask("POST", studio.here, {"content": "x"})
    assert (told.status, told.body) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_direct_messages_may_be_closed(studio: Studio, api: Api) -> None:
    opened = await api.ask("POST", "/users/@me/channels", {"recipient_id": str(studio.ada.id)})
    place = f"/channels/{opened.body['id']}/messages"

    assert (await api.ask("POST", place, {"content": "hi"})).status == 200
    assert [each.content for each in studio.fake.messages(studio.fake.direct(studio.ada))] == ["hi"]
    studio.ada.direct_messages_open = False
    assert (await api.ask("POST", place, {"content": "hi"})).code == 50007
    assert (await api.ask("POST", "/users/@me/channels", {"recipient_id": "1"})).code == 50033


async def test_a_thread_lies_under_a_message(studio: Studio, api: Api) -> None:
    told = await api.ask("POST", studio.here, {"content": "result"})
    threads = f"{studio.here}/{told.body['id']}/threads"

    assert (await api.ask("POST", threads, {"name": "x" * 101})).code == 50035
    made = await api.ask("POST", threads, {"name": "refine", "auto_archive_duration": 60})
    assert made.status == 201
    assert made.body["id"] == told.body["id"]
    assert (await api.ask("POST", threads, {"name": "again"})).code == 160004
    assert (await api.ask("GET", f"{studio.here}/{told.body['id']}")).body["flags"] == 1 << 5
    inside = f"/channels/{made.body['id']}/messages"
    assert (await api.ask("POST", inside, {"content": "in"})).status == 200

    studio.channel.deny(studio.guild.everyone, "send_messages_in_threads")
    assert (await api.ask("POST", inside, {"content": "in"})).code == 50013
    with pytest.raises(NotOffered):
        await studio.fake.say(studio.ada, studio.fake.world.channels[int(made.body["id"])], "no")


async def test_an_archived_thread_takes_new_messages_only(studio: Studio, api: Api) -> None:
    made = await api.ask("POST", f"/channels/{studio.channel.id}/threads", {"name": "t", "type": 11})
    inside = f"/channels/{made.body['id']}/messages"
    told = await api.ask("POST", inside, {"content": "one"})
    thread = studio.fake.world.channels[int(made.body["id"])]
    thread.archived = True

    assert (await api.ask("PATCH", f"{inside}/{told.body['id']}", {"content": "two"})).code == 50083
    assert (await api.ask("POST", inside, {"content": "two"})).status == 200
    assert not thread.archived


async def test_a_thread_is_renamed_and_closed_by_its_maker(studio: Studio, api: Api) -> None:
    made = await api.ask("POST", f"/channels/{studio.channel.id}/threads", {"name": "t", "type": 11})
    place = f"/channels/{made.body['id']}"
    active = await api.ask("GET", f"/guilds/{studio.guild.id}/threads/active")
    assert [each["id"] for each in active.body["threads"]] == [made.body["id"]]

    told = await api.ask("PATCH", place, {"name": "done", "archived": True, "locked": True})
    assert (told.body["name"], told.body["thread_metadata"]["archived"]) == ("done", True)
    assert (await api.ask("PATCH", place, {"name": ""})).code == 50035
    assert (await api.ask("GET", f"/guilds/{studio.guild.id}/threads/active")).body["threads"] == []
    message = await studio.fake.say(studio.ada, studio.channel, "hi")
    other = studio.fake.open_thread(studio.ada, message)
    assert (await api.ask("PATCH", f"/channels/{other.id}", {"archived": True})).code == 50013
    assert (await api.ask("PATCH", f"/channels/{studio.channel.id}", {"name": "mine"})).code == 50013


async def test_the_history_is_told_newest_first(studio: Studio, api: Api) -> None:
    for number in range(4):
        await studio.fake.say(studio.ada, studio.channel, f"{studio.fake.bot.mention} {number}")
    await studio.fake.say(studio.ada, studio.channel, "secret", Upload("a.png", picture()))

    told = await api.ask("GET", f"{studio.here}?limit=3")
    assert [each["content"][-1:] for each in told.body] == ["", "3", "2"]
    assert told.body[0]["attachments"] == []
    before = await api.ask("GET", f"{studio.here}?limit=100&before={told.body[2]['id']}")
    assert [each["content"][-1] for each in before.body] == ["1", "0"]
    assert (await api.ask("GET", f"{studio.here}?limit=101")).code == 50035
    studio.channel.deny(studio.guild.everyone, "read_message_history")
    assert (await api.ask("GET", studio.here)).body == []


async def test_every_look_of_a_message_is_kept(studio: Studio, api: Api) -> None:
    told = await api.ask("POST", studio.here, {"content": "one"})
    await api.ask("PATCH", f"{studio.here}/{told.body['id']}", {"content": "two"})
    message = studio.fake.messages(studio.channel)[0]

    assert [each.content for each in message.history] == ["one", "two"]
    assert message.edits == 1
