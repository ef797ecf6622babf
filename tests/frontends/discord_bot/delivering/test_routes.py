"""Every way on which a result comes, and what closes it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.delivery_world import World
from support.discord_studio import ECHO
from support.fake_discord import refusals
from support.fake_discord.refusals import Refusal
from support.pictures import noise

from config.errors import RetryableError
from config.ids import new_id
from daemon.service import LaterError
from frontends.discord_bot.delivering.ladder import RUNGS
from frontends.discord_bot.layouts import text

ORIGINAL = "PATCH /webhooks/*/messages/@original"
EDIT = "PATCH /channels/*/messages/*"
SEND = "POST /channels/*/messages"


async def test_a_result_fills_the_answer_that_was_waiting(world: World) -> None:
    job = await world.asked(count=3, prompt="a fox " * 300)

    await world.deliverer.deliver(world.delivery(job), job)

    message = world.message(job)
    assert [each.name for each in message.pictures] == [f"{each.id}.png" for each in job.pictures]
    assert [each.content for each in message.pictures] == [world.service.files[each.id] for each in job.pictures]
    said = {each["description"] for each in message.gallery}
    assert said == {text.alt("a fox " * 300)}
    assert {each.description for each in message.pictures} == said
    assert world.fake.messages(world.channel) == [message]
    post = await world.post(job)
    assert (post.state, post.route, post.why) == ("told", "token", None)
    world.fake.assert_no_surprises()


async def test_a_spoiler_is_hidden(world: World) -> None:
    job = await world.asked(spoiler=True)

    await world.deliverer.deliver(world.delivery(job), job)

    (shown,) = world.message(job).pictures
    assert shown.name == f"SPOILER_{job.pictures[0].id}.png"
    assert shown.spoiler
    assert [item["spoiler"] for item in world.message(job).gallery] == [True]


async def test_after_twenty_minutes_the_bot_edits_the_message_itself(world: World) -> None:
    job = await world.asked()
    message = await world.shown(job)
    world.fake.clock.advance(20 * 60)

    await world.deliverer.deliver(world.delivery(job), job)

    assert len(message.pictures) == 1
    assert (await world.post(job)).route == "edit"
    assert world.fake.asked(ORIGINAL) == [], "a token that has expired is not tried"
    assert world.fake.messages(world.channel) == [message]
    world.fake.assert_no_surprises()


@pytest.mark.parametrize(
    "refusal", [refusals.token_expired(), refusals.unknown("interaction"), refusals.unknown("webhook")]
)
async def test_a_token_that_is_refused_in_its_time_is_not_needed(world: World, refusal: Refusal) -> None:
    job = await world.asked()
    message = await world.shown(job)
    world.fake.faults.refuse(ORIGINAL, refusal)

    await world.deliverer.deliver(world.delivery(job), job)

    assert len(message.pictures) == 1
    post = await world.post(job)
    assert (post.route, post.token) == ("edit", None)
    world.fake.faults.assert_all_fired()


async def test_a_message_that_was_deleted_is_sent_anew_and_its_owner_told(world: World) -> None:
    job = await world.asked()
    message = await world.shown(job)
    world.fake.clock.advance(20 * 60)
    world.fake.remove(message)

    await world.deliverer.deliver(world.delivery(job), job)

    (new,) = world.fake.messages(world.channel)
    assert len(new.pictures) == 1
    assert world.fake.pings(world.ada) == [new]
    assert (await world.post(job)).route == "channel"
    assert [each.kind for each in await world.posts.messages((await world.post(job)).id)] == ["living", "living"]
    world.fake.assert_no_surprises()


async def test_a_message_too_old_to_edit_makes_room_for_a_new_one(world: World) -> None:
    job = await world.asked()
    message = await world.shown(job)
    world.fake.clock.advance(2 * 3600)
    world.fake.posting.old_edits_allowed = 0
    world.fake.posting.count_old_edit = _too_often  # type: ignore[method-assign]

    await world.deliverer.deliver(world.delivery(job), job)

    assert message.deleted
    (new,) = world.fake.messages(world.channel)
    assert len(new.pictures) == 1
    assert (await world.post(job)).route == "channel"


def _too_often(_: object) -> None:
    told = {"retry_after": 45.0, "global": False}
    raise Refusal(429, 30046, "Maximum number of edits reached", extra=told)


@pytest.mark.parametrize("taken", ["view_channel", "send_messages"])
async def test_a_channel_that_is_closed_leads_to_a_direct_message(world: World, taken: str) -> None:
    job = await world.asked()
    world.fake.clock.advance(20 * 60)
    world.channel.deny(world.guild.everyone, taken)

    await world.deliverer.deliver(world.delivery(job), job)

    (direct,) = world.fake.messages(world.fake.direct(world.ada))
    assert len(direct.pictures) == 1
    assert "I may not write or add files in that channel" in direct.text
    assert (await world.post(job)).state == "told"
    assert (await world.post(job)).route == "direct"
    world.fake.assert_no_surprises()


async def test_a_channel_that_is_gone_leads_to_a_direct_message(world: World) -> None:
    job = await world.asked()
    await world.shown(job)
    world.fake.clock.advance(20 * 60)
    world.fake.close_channel(world.channel)

    await world.deliverer.deliver(world.delivery(job), job)

    (direct,) = world.fake.messages(world.fake.direct(world.ada))
    assert len(direct.pictures) == 1
    assert "The channel is gone." in direct.text


async def test_when_every_door_is_closed_it_is_kept_with_the_reason(world: World) -> None:
    job = await world.asked()
    world.fake.clock.advance(20 * 60)
    world.channel.deny(world.guild.everyone, "send_messages")
    world.ada.direct_messages_open = False

    await world.deliverer.deliver(world.delivery(job), job)

    post = await world.post(job)
    assert post.state == "kept"
    assert post.why == "I may not write or add files in that channel. You take no direct messages from me."
    assert world.sights(job.pictures[0]) == []
    world.fake.assert_no_surprises()


async def test_what_is_private_never_comes_to_a_public_place(world: World) -> None:
    job = await world.asked(private=True)
    await world.deliverer.deliver(world.delivery(job), job)
    message = world.message(job)
    assert message.seen_only_by is world.ada
    assert len(message.pictures) == 1

    late = await world.asked(private=True)
    await world.shown(late)
    world.fake.clock.advance(20 * 60)
    await world.deliverer.deliver(world.delivery(late), late)

    assert world.fake.messages(world.channel) == []
    (direct,) = world.fake.messages(world.fake.direct(world.ada))
    assert len(direct.pictures) == 1
    assert (await world.post(late)).route == "direct"
    world.fake.assert_no_surprises()


async def test_where_the_bot_is_no_member_only_the_token_works(world: World) -> None:
    abroad = world.fake.guild("abroad", with_bot=False)
    channel, bob = world.fake.channel(abroad), world.fake.user("bob", abroad)
    bob.application_installed = True
    world.fake.commands.overwrite(None, [{**ECHO, "integration_types": [0, 1], "contexts": [0, 1, 2]}])
    job = await world.asked(user=bob, channel=channel, count=12)
    late = await world.asked(user=bob, channel=channel)

    await world.deliverer.deliver(world.delivery(job), job)
    world.fake.clock.advance(20 * 60)
    await world.deliverer.deliver(world.delivery(late), late)

    assert [len(world.sights(each)) for each in job.pictures] == [1] * 12
    assert [len(each.pictures) for each in world.fake.messages(channel, seen_by=bob)][0::2] == [10, 2]
    (direct,) = world.fake.messages(world.fake.direct(bob))
    assert len(direct.pictures) == 1
    assert "longer than the 15 minutes" in direct.text or "The channel" in direct.text or "I may not" in direct.text
    world.fake.assert_no_surprises()


async def test_many_pictures_come_in_several_messages(world: World) -> None:
    job = await world.asked(count=23)

    await world.deliverer.deliver(world.delivery(job), job)

    shown = [len(each.pictures) for each in world.fake.messages(world.channel)]
    assert shown == [10, 10, 3]
    assert [len(world.sights(each)) for each in job.pictures] == [1] * 23
    assert world.fake.pings(world.ada) == []
    world.fake.assert_no_surprises()


@pytest.mark.parametrize("state", ["failed", "cancelled", "dead"])
async def test_a_job_without_pictures_is_told_as_well(world: World, state: str) -> None:
    job = await world.asked(state=state)

    await world.deliverer.deliver(world.delivery(job), job)

    message = world.message(job)
    assert message.find(f"mz:retry:{job.id}") is not None
    if state == "failed":
        assert "the model is gone" in message.text
    assert (await world.post(job)).state == "told"
    world.fake.assert_no_surprises()


async def test_the_job_of_a_schedule_is_posted_in_its_channel(world: World) -> None:
    job = world.job(None)
    delivery = world.delivery(job)

    await world.deliverer.deliver(delivery, job)
    await world.deliverer.deliver(delivery, job)

    (message,) = world.fake.messages(world.channel)
    assert len(message.pictures) == 1
    assert world.fake.pings(world.ada) == [], "nobody is woken by what comes every day"
    post = await world.post(job)
    assert (post.state, post.guild, post.channel) == ("told", str(world.guild.id), str(world.channel.id))
    world.fake.assert_no_surprises()


async def test_a_job_that_is_tried_again_is_told_at_its_next_end(world: World) -> None:
    job = await world.asked(state="queued")

    await world.deliverer.deliver(world.delivery(job), job)

    assert world.message(job).loading


async def test_what_may_pass_is_told_to_the_outbox(world: World) -> None:
    job = await world.asked()
    delivery = world.delivery(job)
    world.fake.faults.cut(ORIGINAL)
    world.fake.faults.cloudflare(ORIGINAL, skip=1)

    with pytest.raises(RetryableError):
        await world.deliverer.deliver(delivery, job)
    with pytest.raises(LaterError) as caught:
        await world.deliverer.deliver(delivery, job)
    assert caught.value.seconds == 600
    await world.deliverer.deliver(delivery, job)

    assert len(world.sights(job.pictures[0])) == 1
    world.fake.faults.assert_all_fired()


async def test_a_long_limit_of_the_bot_is_waited_for_outside(world: World) -> None:
    job = await world.asked()
    await world.shown(job)
    world.fake.clock.advance(20 * 60)
    world.fake.faults.rate_limit(EDIT, 90.0)

    with pytest.raises(LaterError) as caught:
        await world.deliverer.deliver(world.delivery(job), job)

    assert caught.value.seconds == 90


async def test_a_revoked_token_of_the_bot_loses_nothing(world: World) -> None:
    job = await world.asked()
    await world.shown(job)
    world.fake.clock.advance(20 * 60)
    delivery, old = world.delivery(job), world.fake.token
    world.fake.token = "another"

    with pytest.raises(RetryableError):
        await world.deliverer.deliver(delivery, job)
    world.fake.token = old
    await world.deliverer.deliver(delivery, job)

    assert len(world.message(job).pictures) == 1


async def test_how_long_it_is_tried_is_for_the_outbox_to_say(world: World) -> None:
    job = await world.asked()
    await world.shown(job)
    delivery = world.delivery(job)
    world.fake.clock.advance(160 * 3600)
    world.fake.faults.server_error(EDIT, 503, times=None)

    with pytest.raises(RetryableError):
        await world.deliverer.deliver(delivery, job)

    assert (await world.post(job)).state == "open"


async def test_pictures_that_are_gone_are_told_to_be(world: World) -> None:
    job = await world.asked()
    world.service.files.clear()

    await world.deliverer.deliver(world.delivery(job), job)

    assert (await world.post(job)).why == "Its pictures are no longer kept."


async def test_no_prompt_pings_anyone_or_breaks_a_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest prompt, full of markup and mentions, ten pictures, and every line that we add ourselves."""
    bob = world.fake.user("bob", world.guild)
    prompt = (f"@everyone {bob.mention} ||`**[x](https://example.org)**`|| mz:delete:0 " * 60)[:4000]
    job = await world.asked(count=10, prompt=prompt, data=noise(120))
    await world.shown(job)
    world.fake.clock.advance(20 * 60)
    world.fake.remove(world.message(job))
    world.fake.faults.refuse(SEND, refusals.too_large(), times=len(RUNGS) - 1)

    await world.deliverer.deliver(world.delivery(job), job)

    (message,) = world.fake.messages(world.channel)
    assert len(message.pictures) == 10
    assert world.fake.pings(world.ada) == [message]
    assert world.fake.pings(bob) == []
    assert "`/show`" in message.text
    world.fake.assert_no_surprises()


async def test_the_reason_is_told_in_the_owners_language(world: World) -> None:
    job = await world.asked()
    job = replace(job, origin=replace(job.origin, address={**job.origin.address, "locale": "de"}))
    world.fake.clock.advance(20 * 60)
    world.channel.deny(world.guild.everyone, "send_messages")

    await world.deliverer.deliver(world.delivery(job), job)

    (direct,) = world.fake.messages(world.fake.direct(world.ada))
    assert "Das ließ sich dort, wo du gefragt hast, nicht zeigen." in direct.text


async def test_a_varied_picture_leads_back_to_the_one_before(world: World) -> None:
    first = await world.asked()
    await world.shown(first)
    second = replace(await world.asked(), parent=first.pictures[0].id)
    hidden = await world.asked(private=True)
    third = replace(await world.asked(), parent=hidden.id)

    for job in (second, third):
        await world.deliverer.deliver(world.delivery(job), job)

    link = f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{world.message(first).id}"
    assert link in world.message(second).text
    assert "discord.com" not in world.message(third).text


async def test_a_post_that_never_learned_of_its_job_is_told_and_found_by_it(world: World) -> None:
    job = await world.asked()
    post = await world.post(job)
    world.posts.every[post.id] = replace(post, job_id=None)

    await world.deliverer.deliver(world.delivery(job), job)

    assert (await world.post(job)).state == "told"
    assert len(world.message(job).pictures) == 1


async def test_where_nothing_was_sent_nothing_is_looked_for(world: World) -> None:
    job = await world.asked()
    await world.shown(job)
    world.fake.clock.advance(20 * 60)
    world.fake.faults.refuse(EDIT, refusals.unknown("message"), times=None)
    delivery = world.delivery(job)
    world.fake.clock.advance(20 * 60)  # nonces of the delivery are forgotten, if there were any
    world.channel.deny(world.guild.everyone, "send_messages")

    await world.deliverer.deliver(delivery, job)

    assert (await world.post(job)).route == "direct"
    assert world.fake.asked("GET /channels/*") == []


async def test_a_job_is_shown_in_one_more_place_and_told_where_it_was(world: World) -> None:
    job = await world.asked()
    before = await world.post(job)
    post = replace(before, id=new_id(world.now()), token=None, interaction=None)
    await world.posts.open(post, beside=True)

    await world.deliverer.show(job, post)

    assert (await world.posts.get(post.id)).state == "told"  # type: ignore[union-attr]
    assert (await world.post(job)) == before
