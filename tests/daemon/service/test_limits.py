"""Limits that come with a job: counted with the quotas, exact however many ask at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from support.queue_driver import InOrder, charge

from config.errors import QuotaError, UserError
from daemon.service import Limit, Submission
from storage import queue

MEMBER = "member:1.3"


def wanted(*limits: Limit, count: int = 1, **more: Any) -> Submission:
    fields = {"prompt": "a red apple", "count": count, "width": 64, "height": 64}
    usual = {"owner": "discord:3", "groups": ("guild:1", "channel:2", MEMBER)}
    return Submission(fields=fields, limits=limits, **{**usual, **more})


def waiting(scope: str, limit: int) -> Limit:
    return Limit(scope, "the members of this server", "queued", None, limit)


def claim(parts: Any, number: int = 1) -> list[Any]:
    now = parts.clock()
    return parts.database.write_sync(
        lambda c: queue.claim(
            c, choose=InOrder(), charge=charge, now=now, lease_until=now + 60_000, limit=number, max_attempts=3
        )
    )


@pytest.mark.parametrize("scope", ["owner:discord:3", MEMBER])
@pytest.mark.parametrize("what", ["queued", "pictures"])
async def test_of_a_thousand_at_once_exactly_as_many_as_allowed_are_accepted(
    build: Callable[..., Any], scope: str, what: Any
) -> None:
    parts = build(queue={"max_queued": 5_000, "max_queued_per_owner": 0})
    limit = Limit(scope, "a rule of the guild", what, "day" if what == "pictures" else None, 37)
    answers = await asyncio.gather(*(parts.service.submit(wanted(limit)) for _ in range(1_000)), return_exceptions=True)
    kinds = Counter(type(answer).__name__ for answer in answers)
    assert kinds == {"Receipt": 37, "QuotaError": 963}
    assert len(await parts.service.jobs(state="queued")) == 37


@pytest.mark.parametrize("scope", ["owner:discord:3", "guild:1", "channel:2", MEMBER])
async def test_waiting_jobs_are_counted_without_those_that_run(parts: Any, scope: str) -> None:
    limit = waiting(scope, 2)
    for _ in range(2):
        await parts.service.submit(wanted(limit))
    with pytest.raises(QuotaError, match=f"{scope} has 2 jobs waiting") as refused:
        await parts.service.submit(wanted(limit))
    assert "the members of this server" in refused.value.message
    running = claim(parts)
    await parts.service.submit(wanted(limit))
    with pytest.raises(QuotaError):
        await parts.service.submit(wanted(limit))
    parts.database.write_sync(lambda c: queue.release(c, [(job.id, job.attempt) for job in running], now=parts.clock()))
    claim(parts, 2)
    await parts.service.submit(wanted(limit))
    with pytest.raises(QuotaError):
        await parts.service.submit(wanted(limit))


async def test_one_scope_does_not_count_for_another_that_begins_like_it(parts: Any) -> None:
    """The running jobs of member 1.3 make no room for member 1.33, nor those of guild 1 for guild 11."""
    await parts.service.submit(wanted(groups=("guild:11", "member:1.33")))
    claim(parts)
    for scope in ("guild:1", MEMBER):
        groups = (scope,)
        await parts.service.submit(wanted(waiting(scope, 1), groups=groups))
        with pytest.raises(QuotaError):
            await parts.service.submit(wanted(waiting(scope, 1), groups=groups))


async def test_rules_of_the_operator_hold_beside_them_and_may_name_channels_and_members(
    build: Callable[..., Any],
) -> None:
    rules = [{"of": "channel:2", "queued": 1}, {"of": "member:*", "pictures_per_day": 3}]
    parts = build(quotas={"rules": rules})
    await parts.service.submit(wanted(waiting(MEMBER, 5), count=2))
    with pytest.raises(QuotaError, match="channel:2 has 1 jobs waiting"):
        await parts.service.submit(wanted(waiting(MEMBER, 5)))
    with pytest.raises(QuotaError, match=r"member:1\.3 has used up its 3 pictures a day"):
        await parts.service.submit(wanted(groups=(MEMBER,), count=2))
    account = await parts.service.usage(MEMBER)
    assert (account.usage.day.held_pictures, account.limit("pictures", "day")) == (2, 3)


async def test_in_a_batch_each_is_judged_by_its_own_limits(parts: Any) -> None:
    limit = Limit("owner:discord:3", "yours", "engine_ms", "month", 1)
    answers = await parts.service.submit_many(
        [wanted(waiting(MEMBER, 1)), wanted(waiting(MEMBER, 1)), wanted(waiting(MEMBER, 2)), wanted(limit)]
    )
    assert [type(answer).__name__ for answer in answers] == ["Receipt", "QuotaError", "Receipt", "Receipt"]


async def test_a_retry_is_judged_by_those_that_come_with_it(parts: Any) -> None:
    job = (await parts.service.submit(wanted())).id
    await parts.service.cancel(job)
    await parts.service.submit(wanted())
    with pytest.raises(QuotaError):
        await parts.service.retry(job, limits=(waiting(MEMBER, 1),))
    with pytest.raises(UserError):
        await parts.service.retry(job, limits=(waiting("guild:2", 1),))
    assert (await parts.service.retry(job, limits=(waiting(MEMBER, 2),))).state == "queued"


@pytest.mark.parametrize(
    "limit",
    [
        waiting("owner:discord:4", 1),
        waiting("guild:2", 1),
        waiting(MEMBER, 0),
        Limit(MEMBER, "a rule", "bytes", None, 5),
        Limit(MEMBER, "a rule", "pictures", None, 5),
        Limit(MEMBER, "a rule", "queued", "day", 5),
    ],
    ids=["another owner", "another group", "none", "bytes", "for ever", "queued a day"],
)
async def test_a_limit_of_somebody_else_or_that_can_not_be_counted_is_refused(parts: Any, limit: Limit) -> None:
    with pytest.raises(UserError, match="limits: "):
        await parts.service.submit(wanted(limit))
    with pytest.raises(UserError, match="at most 32"):
        await parts.service.submit(wanted(*[waiting(MEMBER, 1)] * 33))
    assert await parts.service.jobs() == []
