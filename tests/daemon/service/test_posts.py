"""A post is found by its job and its messages, is told once, and its token does not outlive its use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from config.errors import ConflictError, NotFoundError, UserError
from config.ids import new_id
from daemon.service import Filter, Post, PostMessage, PruneOrder, Rule, Submission
from storage.posts import MAX_OF_JOB


def new_post(parts: Any, **fields: Any) -> Post:
    usual = {"guild": "1", "channel": "2", "user": "3", "interaction": "4"}
    token = {"token": "secret-of-the-interaction", "expires_at": parts.clock() + 900_000}
    return Post(**{"id": new_id(parts.clock()), **usual, **token, **fields})


async def a_job(parts: Any) -> str:
    fields = {"prompt": "a red apple", "width": 64, "height": 64}
    return str((await parts.service.submit(Submission(fields=fields, owner="discord:3"))).id)


def tokens(parts: Any) -> list[str | None]:
    with closing(sqlite3.connect(parts.settings.database)) as db:
        return [token for (token,) in db.execute("SELECT token FROM posts ORDER BY id")]


async def test_a_post_is_found_by_its_id_its_job_and_its_messages(parts: Any) -> None:
    posts = parts.service.posts
    post, job = new_post(parts), await a_job(parts)
    assert await posts.open(post) == await posts.get(post.id)
    assert await posts.of_job(job) is None
    await posts.bind(post.id, job)
    await posts.message(post.id, "77", "living", 0)
    await posts.message(post.id, "78", "part", 1, channel="9")
    for found in (await posts.get(post.id), await posts.of_job(job), await posts.of_message("78")):
        assert found is not None
        assert (found.id, found.job_id, found.state, found.token) == (post.id, job, "open", post.token)
    assert await posts.messages(post.id) == (PostMessage("77", "2", "living", 0), PostMessage("78", "9", "part", 1))
    assert await posts.get("0" * 16) is None
    assert await posts.of_message("79") is None
    assert await posts.of_message("78", "elsewhere") is None


async def test_what_is_said_twice_is_kept_once(parts: Any) -> None:
    posts = parts.service.posts
    post, job = await posts.open(new_post(parts)), await a_job(parts)
    for _ in range(2):
        await posts.bind(post.id, job)
        await posts.message(post.id, "77", "living", 0)
        await posts.told(post.id, "told", "followup")
    assert len(await posts.messages(post.id)) == 1
    await posts.message(post.id, "77", "part", 2)
    assert await posts.messages(post.id) == (PostMessage("77", "2", "part", 2),)
    with pytest.raises(ConflictError):
        await posts.open(post)


async def test_those_still_to_be_told_come_newest_first(parts: Any) -> None:
    posts, opened = parts.service.posts, []
    for _ in range(4):
        opened.append(await posts.open(new_post(parts)))
        parts.clock.forward(1)
    await posts.told(opened[1].id, "told", "webhook")
    await posts.told(opened[2].id, "kept", None, "nobody may write there")
    assert [each.id for each in await posts.open_ones(10)] == [opened[3].id, opened[0].id]
    assert [each.id for each in await posts.open_ones(1)] == [opened[3].id]
    kept = await posts.get(opened[2].id)
    assert (kept.state, kept.route, kept.why) == ("kept", None, "nobody may write there")


async def test_of_several_posts_of_a_job_the_newest_is_told(parts: Any) -> None:
    posts, job = parts.service.posts, await a_job(parts)
    first = await posts.open(new_post(parts))
    await posts.bind(first.id, job)
    await posts.message(first.id, "77", "living")
    second = await posts.open(new_post(parts))
    await posts.bind(second.id, job)
    assert (await posts.of_job(job)).id == second.id
    assert [each.id for each in await posts.open_ones(10)] == [second.id]
    assert (await posts.of_message("77")).job_id == job, "its old message still leads to the job"
    await posts.bind(first.id, job)
    assert (await posts.of_job(job)).id == first.id


async def test_a_post_beside_the_one_of_its_job_takes_nothing_from_it(parts: Any) -> None:
    posts, job = parts.service.posts, await a_job(parts)
    first = await posts.open(new_post(parts, job_id=job))
    second = await posts.open(new_post(parts, job_id=job), beside=True)
    await posts.message(second.id, "78", "living")
    after = await posts.of_job(job)
    assert (after.id, after.state) == (first.id, "open")
    assert (await posts.of_message("78")).job_id == job
    assert [each.message_id for each in await posts.messages_of_job(job)] == ["78"]


async def test_a_job_is_shown_in_a_bounded_number_of_places(parts: Any) -> None:
    posts, job = parts.service.posts, await a_job(parts)
    first = await posts.open(new_post(parts, job_id=job, ephemeral=True))
    for number in range(1, MAX_OF_JOB):
        await posts.open(new_post(parts, job_id=job, ephemeral=number == 1), beside=True)
    with pytest.raises(UserError, match="at most 100 posts"):
        await posts.open(new_post(parts, job_id=job), beside=True)
    parts.clock.now = first.expires_at
    last = await posts.open(new_post(parts, job_id=job), beside=True)
    assert await posts.get(last.id) is not None
    assert (await posts.of_job(job)).id == first.id, "what only its reader saw goes, but never the one that is told"
    with pytest.raises(UserError):
        await posts.open(new_post(parts, job_id=job), beside=True)


async def test_a_token_is_handed_out_until_it_expires_and_leaves_the_file_with_the_next_post(parts: Any) -> None:
    posts = parts.service.posts
    post = await posts.open(new_post(parts))
    assert "secret" not in repr(await posts.get(post.id))
    parts.clock.now = post.expires_at - 1
    assert (await posts.get(post.id)).token == post.token
    parts.clock.now = post.expires_at
    assert (await posts.get(post.id)).token is None
    assert (await posts.open_ones(5))[0].token is None
    await posts.open(new_post(parts, token=None, expires_at=None))
    assert tokens(parts) == [None, None]
    other = await posts.open(new_post(parts))
    await posts.drop_token(other.id)
    assert tokens(parts) == [None, None, None]


async def test_a_token_is_in_no_export(parts: Any) -> None:
    post, job = await parts.service.posts.open(new_post(parts)), await a_job(parts)
    await parts.service.posts.bind(post.id, job)
    lines, _ = await parts.service.keeping.records(Filter(), 0, with_events=True)
    assert job.encode() in lines
    assert b"secret" not in lines


async def test_a_post_without_a_job_goes_after_a_day(parts: Any) -> None:
    posts = parts.service.posts
    lost, bound = await posts.open(new_post(parts)), await posts.open(new_post(parts))
    await posts.bind(bound.id, await a_job(parts))
    await posts.message(lost.id, "77", "living")
    parts.clock.forward(86_400)
    await posts.open(new_post(parts))
    assert await posts.get(lost.id) is not None
    parts.clock.forward(1)
    await posts.open(new_post(parts))
    assert await posts.get(lost.id) is None
    assert await posts.of_message("77") is None
    assert await posts.get(bound.id) is not None


async def test_a_post_goes_with_its_job(parts: Any) -> None:
    posts, job = parts.service.posts, await a_job(parts)
    post = await posts.open(new_post(parts))
    await posts.bind(post.id, job)
    await posts.message(post.id, "77", "living")
    await parts.service.cancel(job)
    [_ async for _ in parts.service.keeping.prune(PruneOrder(rule=Rule()))]
    assert await posts.get(post.id) is None
    assert await posts.of_message("77") is None


async def test_what_is_not_there_can_be_neither_bound_nor_told(parts: Any) -> None:
    posts, job = parts.service.posts, await a_job(parts)
    post = await posts.open(new_post(parts))
    for act in (
        posts.bind("0" * 16, job),
        posts.bind(post.id, "0" * 16),
        posts.message("0" * 16, "77", "living"),
        posts.told("0" * 16, "told"),
    ):
        with pytest.raises(NotFoundError):
            await act


async def test_a_post_is_bounded(parts: Any) -> None:
    posts = parts.service.posts
    for wrong in (
        {"channel": "x" * 101},
        {"channel": ""},
        {"id": "short"},
        {"token": "x" * 1001},
        {"expires_at": None},
        {"state": "lost"},
    ):
        with pytest.raises(UserError):
            await posts.open(new_post(parts, **wrong))
    post = await posts.open(new_post(parts))
    for number in range(100):
        await posts.message(post.id, str(number), "part", number)
    await posts.message(post.id, "99", "part", 99)
    with pytest.raises(UserError, match="at most 100"):
        await posts.message(post.id, "100", "part", 100)
    for given in (("77", "other", 0), ("77", "part", -1), ("", "part", 0)):
        with pytest.raises(UserError):
            await posts.message(post.id, *given)
    with pytest.raises(UserError):
        await posts.told(post.id, "lost")
