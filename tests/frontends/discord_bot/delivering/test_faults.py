"""Whatever breaks at whatever step, each picture is there once."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from support.breaking import POINTS, Death, dying
from support.delivery_world import World
from support.fake_discord.messages import Message

from config.errors import RetryableError
from daemon.service import Delivery, Job
from frontends.discord_bot.delivering.ways import Ways
from frontends.discord_bot.layouts import done

ORIGINAL = "PATCH /webhooks/*/messages/@original"
EDIT = "PATCH /channels/*/messages/*"
SEND = "POST /channels/*/messages"
WAYS = ("token", "edit", "channel", "direct")


async def at(world: World, way: str, **job: object) -> Job:
    """A job whose result will come by this way."""
    made = await world.asked(**job)  # type: ignore[arg-type]
    if way == "token":
        return made
    message: Message = await world.shown(made)
    world.fake.clock.advance(20 * 60)
    if way != "edit":
        world.fake.remove(message)
    if way == "direct":
        world.channel.deny(world.guild.everyone, "send_messages")
    return made


async def eventually(world: World, delivery: Delivery, job: Job) -> None:
    """As the outbox does: a busy machine may not keep a short deadline at once."""
    for _ in range(20):
        with contextlib.suppress(RetryableError):
            await world.deliverer.deliver(delivery, job)
            return


def once(world: World, job: Job) -> None:
    assert [len(world.sights(each)) for each in job.pictures] == [1] * len(job.pictures)
    world.fake.assert_no_surprises()


@pytest.mark.parametrize("later", [1, 900], ids=["soon", "after a long stop"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_crash_at_any_step_shows_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str, point: str, later: int
) -> None:
    """
    1. The process dies at a step of a delivery.
    2. It starts again, at once or when Discord has long forgotten the nonce, and has the delivery again.
    Result: one message with the picture, and the post is told.
    """
    job = await at(world, way)
    delivery = world.delivery(job)
    with dying(monkeypatch, point), pytest.raises(Death):
        await world.deliverer.deliver(delivery, job)

    world.fake.clock.advance(later)
    async with world.connected():
        await world.deliverer.deliver(delivery, job)

    once(world, job)
    assert (await world.post(job)).state == "told"
    assert len([each for each in world.fake.messages(world.channel) if each.pictures]) == (way != "direct")


@pytest.mark.parametrize("passage", [1, 2, 3])
@pytest.mark.parametrize("point", POINTS[:3])
async def test_a_crash_between_the_messages_of_a_job(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str, passage: int
) -> None:
    job = await world.asked(count=23)
    delivery = world.delivery(job)
    with dying(monkeypatch, point, passage), pytest.raises(Death):
        await world.deliverer.deliver(delivery, job)

    world.fake.clock.advance(400)
    async with world.connected():
        await world.deliverer.deliver(delivery, job)

    once(world, job)
    assert [len(each.pictures) for each in world.fake.messages(world.channel)] == [10, 10, 3]


@pytest.mark.parametrize("passage", [1, 2, 3])
@pytest.mark.parametrize("point", POINTS[:3])
async def test_a_crash_between_the_messages_of_a_private_job(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str, passage: int
) -> None:
    job = await world.asked(count=23, private=True)
    delivery = world.delivery(job)
    with dying(monkeypatch, point, passage), pytest.raises(Death):
        await world.deliverer.deliver(delivery, job)

    async with world.connected():
        await world.deliverer.deliver(delivery, job)

    once(world, job)
    assert world.fake.messages(world.channel) == []
    assert [len(each.pictures) for each in world.fake.messages(world.channel, world.ada)] == [10, 10, 3]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", ["503", "cut"])
@pytest.mark.parametrize("way", WAYS)
async def test_a_failure_of_discord_shows_it_once(world: World, way: str, kind: str, moment: str) -> None:
    job = await at(world, way)
    delivery = world.delivery(job)
    if way == "direct":
        await world.client.create_dm(world.ada)  # type: ignore[arg-type]
        route = f"POST /channels/{world.fake.direct(world.ada).id}/messages"
    else:
        route = {"token": ORIGINAL, "edit": EDIT, "channel": SEND}[way]
    if kind == "503":
        fault = world.fake.faults.server_error(route, 503, moment)  # type: ignore[arg-type]
    else:
        fault = world.fake.faults.cut(route, moment)  # type: ignore[arg-type]

    for _ in range(2):
        try:
            await world.deliverer.deliver(delivery, job)
        except RetryableError:
            world.fake.clock.advance(600)

    assert fault.fired == 1
    once(world, job)
    assert (await world.post(job)).state == "told"


@pytest.mark.parametrize("way", WAYS[:3])
async def test_a_short_limit_is_waited_for(world: World, way: str) -> None:
    job = await at(world, way)
    route = {"token": ORIGINAL, "edit": EDIT, "channel": SEND}[way]
    world.fake.faults.rate_limit(route, 0.05)

    await world.deliverer.deliver(world.delivery(job), job)

    once(world, job)
    world.fake.faults.assert_all_fired()


async def test_no_answer_has_a_deadline_after_which_all_goes_on(world: World) -> None:
    """
    1. Discord limits every request of the bot for longer than a delivery may take.
    Result: the delivery ends in time, and what is sent afterwards is sent.
    """
    world.request_seconds = 0.3
    async with world.connected():
        job = await at(world, "edit")
        delivery = world.delivery(job)
        world.fake.faults.rate_limit(EDIT, 20.0, everywhere=True)
        with pytest.raises(RetryableError):
            await world.deliverer.deliver(delivery, job)

        await eventually(world, delivery, job)

    once(world, job)


async def test_a_long_limit_of_a_token_does_not_hold_up_the_others(world: World) -> None:
    world.request_seconds = 0.3
    async with world.connected():
        job, other = await world.asked(), await world.asked()
        world.fake.faults.rate_limit(ORIGINAL, 300.0)
        with pytest.raises(RetryableError):
            await world.deliverer.deliver(world.delivery(job), job)
        await eventually(world, world.delivery(other), other)

    once(world, other)


async def test_a_direct_message_is_not_sent_again_once_the_channel_opens(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    1. The channel is closed, the result goes by direct message, and the process dies before it is written down.
    2. The channel opens.
    Result: it stays with the direct message.
    """
    job = await at(world, "direct")
    delivery = world.delivery(job)
    with dying(monkeypatch, "discord.after_post"), pytest.raises(Death):
        await world.deliverer.deliver(delivery, job)
    world.channel.grant(world.guild.everyone, "send_messages")

    async with world.connected():
        await world.deliverer.deliver(delivery, job)

    once(world, job)
    assert world.fake.messages(world.channel) == []


async def test_a_defect_of_ours_ends_in_history(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await world.asked()
    delivery = world.delivery(job)
    monkeypatch.setattr(done, "done", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        await world.deliverer.deliver(delivery, job)
    await world.deliverer.deliver(replace(delivery, attempt=2), job)

    assert (await world.post(job)).state == "kept"


async def test_without_the_search_it_would_be_there_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests see when nobody looks for a message whose nonce is forgotten."""

    async def blind(*_: object) -> None:
        return None

    job = await at(world, "channel")
    delivery = world.delivery(job)
    with dying(monkeypatch, "discord.after_post"), pytest.raises(Death):
        await world.deliverer.deliver(delivery, job)
    world.fake.clock.advance(900)
    monkeypatch.setattr(Ways, "find", blind)

    async with world.connected():
        await world.deliverer.deliver(delivery, job)

    assert len(world.sights(job.pictures[0])) == 2
