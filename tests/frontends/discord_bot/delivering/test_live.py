"""The message that shows how far a job is: seldom, the newest state, and never over the result."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from support.delivery_world import World
from support.fake_discord import refusals
from support.pictures import picture
from support.waiting import until

from daemon.service import Expected, Job, JobChanged, JobProgress, Missed
from frontends.discord_bot.delivering import live
from frontends.discord_bot.delivering.live import Live

ORIGINAL = "PATCH /webhooks/*/messages/@original"
EDIT = "PATCH /channels/*/messages/*"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become hundredths."""
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.005)
    monkeypatch.setattr(live, "OUTLOOK_SECONDS", 0.05)


@contextlib.asynccontextmanager
async def running(world: World, edit_seconds: float = 0.02) -> AsyncIterator[Live]:
    world.live._edit_seconds = edit_seconds
    task = asyncio.create_task(world.live.run())
    await asyncio.sleep(0)
    try:
        yield world.live
    finally:
        assert not task.done(), "it never raises"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def begun(world: World, **more: object) -> Job:
    job = await world.asked(state="queued", **more)  # type: ignore[arg-type]
    await world.live.begin(job.id, (await world.post(job)).id)
    return job


def becomes(world: World, job: Job, state: str) -> Job:
    world.service.jobs[job.id] = job = replace(job, state=state)
    world.service.bus.publish(JobChanged(job.id, state, owner=job.owner))
    return job


async def test_a_job_is_shown_at_once_with_its_place(world: World) -> None:
    job = await begun(world)

    message = world.message(job)
    assert not message.loading
    assert message.find(f"mz:cancel:{job.id}") is not None
    (kept,) = await world.posts.messages((await world.post(job)).id)
    assert (kept.message_id, kept.kind) == (str(message.id), "living")
    world.fake.assert_no_surprises()


async def test_its_place_and_its_progress_follow_what_happens(world: World) -> None:
    async with running(world):
        job = await begun(world)
        message = world.message(job)
        world.service.expectations[job.id] = Expected(4, 20.0, 30.0)
        world.service.bus.publish(JobChanged("other", "running"))
        await until(lambda: "4" in message.text and "<t:" in message.text, "its place")

        becomes(world, job, "running")
        world.service.bus.publish(JobProgress(job.id, 5, 20))
        await until(lambda: "25 %" in message.text, "its progress")

    world.fake.assert_no_surprises()


async def test_a_preview_comes_along_now_and_then(world: World) -> None:
    async with running(world):
        job = becomes(world, await begun(world), "running")
        message = world.message(job)
        for step in range(1, 13):
            preview = picture(8, 8, color=(step, 0, 0))
            edits = message.edits
            world.service.bus.publish(JobProgress(job.id, step, 20, preview))
            await until(lambda edits=edits: message.edits > edits, f"edit {step}")

    uploads = [each for each in world.fake.requests if each.files]
    assert 3 <= len(uploads) <= 5
    assert [each.name for each in message.pictures] == ["preview.png"]
    world.fake.assert_no_surprises()


async def test_edits_are_seldom_and_only_the_newest_state_is_shown(world: World) -> None:
    async with running(world, edit_seconds=0.3):
        job = becomes(world, await begun(world), "running")
        message = world.message(job)
        for step in range(1, 101):
            world.service.bus.publish(JobProgress(job.id, step, 100))
            await asyncio.sleep(0.005)
        await until(lambda: "100 %" in message.text, "the last step")

    at = [each.at for each in world.fake.asked(ORIGINAL)]
    assert len(at) < 100
    assert all(later - before >= 0.25 for before, later in itertools.pairwise(at))


async def test_what_has_not_changed_is_not_sent(world: World) -> None:
    async with running(world):
        job = becomes(world, await begun(world), "running")
        world.service.bus.publish(JobProgress(job.id, 1, 4))
        await until(lambda: "25 %" in world.message(job).text, "its progress")
        sent = len(world.fake.asked(ORIGINAL))
        for _ in range(10):
            world.service.bus.publish(JobProgress(job.id, 1, 4))
            world.service.bus.publish(Missed(1))
            await asyncio.sleep(0.03)

    assert len(world.fake.asked(ORIGINAL)) == sent


async def test_a_late_edit_never_overwrites_the_result(world: World) -> None:
    """
    1. An edit of the progress is under way and slow, and another one is wanted.
    2. The job ends and is delivered.
    Result: the result comes after the edit, and nothing comes after the result.
    """
    async with running(world):
        job = becomes(world, await begun(world), "running")
        world.fake.faults.delay(ORIGINAL, 0.3, "before")
        world.service.bus.publish(JobProgress(job.id, 1, 2))
        await until(lambda: world.live.locks.of(job.id).locked(), "the edit")
        world.service.bus.publish(JobProgress(job.id, 2, 2))
        done = world.job(await world.post(job))
        world.service.jobs[job.id] = ended = replace(done, id=job.id)
        await world.deliverer.deliver(world.delivery(ended), ended)
        world.service.bus.publish(JobProgress(job.id, 2, 2))
        await asyncio.sleep(0.1)

    assert [each.name for each in world.message(job).pictures] == [f"{ended.pictures[0].id}.png"]
    world.fake.faults.assert_all_fired()
    world.fake.assert_no_surprises()


async def test_after_the_token_the_bot_goes_on_until_the_message_is_old(world: World) -> None:
    async with running(world):
        job = becomes(world, await begun(world), "running")
        message = world.message(job)
        world.fake.clock.advance(20 * 60)
        world.service.bus.publish(JobProgress(job.id, 1, 4))
        await until(lambda: "25 %" in message.text, "an edit by the bot")
        assert world.fake.asked(EDIT)

        world.fake.clock.advance(36 * 60)
        world.service.bus.publish(JobProgress(job.id, 2, 4))
        await until(lambda: world.live.followed == 0, "that it is let go")

    assert "25 %" in message.text


async def test_a_token_that_is_refused_is_followed_by_the_bot(world: World) -> None:
    async with running(world):
        job = becomes(world, await begun(world), "running")
        world.fake.faults.refuse(ORIGINAL, refusals.unknown("webhook"), times=None)
        world.service.bus.publish(JobProgress(job.id, 1, 4, picture(8, 8)))
        await until(lambda: "25 %" in world.message(job).text, "an edit by the bot")

    assert len(world.fake.refused(10015)) == 1


async def test_what_only_its_owner_sees_ends_with_the_token(world: World) -> None:
    async with running(world):
        job = becomes(world, await begun(world, private=True), "running")
        world.fake.clock.advance(20 * 60)
        world.service.bus.publish(JobProgress(job.id, 1, 4))
        await until(lambda: world.live.followed == 0, "that it is let go")

    assert world.fake.messages(world.channel) == []


async def test_trouble_with_discord_is_lived_through(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontends.discord_bot.delivering.followed.LONGEST_REST_SECONDS", 0.02)
    async with running(world):
        job = becomes(world, await begun(world), "running")
        world.fake.faults.cut(ORIGINAL, times=2)
        world.fake.faults.refuse(ORIGINAL, refusals.too_large(), skip=2)
        world.service.bus.publish(JobProgress(job.id, 1, 4, picture(8, 8)))
        await until(lambda: "25 %" in world.message(job).text, "its progress")


async def test_a_deleted_message_is_let_go(world: World) -> None:
    async with running(world):
        job = becomes(world, await begun(world), "running")
        world.fake.remove(world.message(job))
        world.service.bus.publish(JobProgress(job.id, 1, 4))
        await until(lambda: world.live.followed == 0, "that it is let go")


async def test_after_a_restart_open_posts_are_taken_up_again(world: World) -> None:
    job = await begun(world)
    async with world.connected(), running(world):
        await until(lambda: world.live.followed == 1, "the open post")
        becomes(world, job, "running")
        world.service.bus.publish(JobProgress(job.id, 1, 2))
        await until(lambda: "50 %" in world.message(job).text, "its progress")


async def test_a_job_that_is_tried_again_lives_again(world: World) -> None:
    async with running(world):
        job = await world.asked(state="failed")
        await world.deliverer.deliver(world.delivery(job), job)
        message = world.message(job)
        becomes(world, job, "queued")
        await until(lambda: message.find(f"mz:cancel:{job.id}") is not None, "its new start")

    assert (await world.post(job)).state == "open"


async def test_a_job_without_an_interaction_gets_a_message_of_its_own(world: World) -> None:
    job = await world.asked(state="queued")
    post = await world.post(job)
    world.posts.every[post.id] = replace(post, token=None, expires_at=None, interaction=None)

    await world.live.begin(job.id, post.id)

    message = next(each for each in world.fake.messages(world.channel) if not each.loading)
    assert message.find(f"mz:cancel:{job.id}") is not None
    assert [each.message_id for each in await world.posts.messages(post.id)] == [str(message.id)]


async def test_no_more_jobs_are_followed_than_is_set(world: World) -> None:
    world.live._most = 2
    async with running(world):
        for _ in range(4):
            await begun(world)
        assert world.live.followed == 2
    assert all(not each.loading for each in world.fake.messages(world.channel))
