"""The policy on a real service: exact however many ask at once, and soon aware of what others set."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.bot_counter import BotCounter, bot_counter
from support.policy_rows import asker

from frontends.discord_bot.policy.kept import KEPT_SECONDS, KeptRules
from frontends.discord_bot.refusal import Refused


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[BotCounter]:
    with bot_counter(tmp_path / "state", queue={"max_queued": 5_000}) as found:
        await found.board.refresh()
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("what", ["queued", "pictures_per_day"])
async def test_of_a_thousand_at_once_exactly_as_many_as_the_cap_are_accepted(counter: BotCounter, what: str) -> None:
    await counter.policy.set("1", "guild", what, 37, "9")

    answers = await asyncio.gather(*(counter.take(asker()) for _ in range(1_000)), return_exceptions=True)

    assert Counter(type(each).__name__ for each in answers) == {"Receipt": 37, "QuotaError": 963}
    assert len(await counter.service.jobs(state="queued")) == 37
    await counter.take(asker(user="33"))


async def test_of_pictures_never_one_too_many(counter: BotCounter) -> None:
    """Jobs of three pictures each: there is no room for a part of one."""
    await counter.policy.set("1", "guild", "pictures_per_day", 10, "9")

    answers = await asyncio.gather(*(counter.take(asker(), count=3) for _ in range(20)), return_exceptions=True)

    assert Counter(type(each).__name__ for each in answers) == {"Receipt": 3, "QuotaError": 17}


async def test_what_is_set_here_counts_at_once(counter: BotCounter) -> None:
    await counter.take(asker())
    await counter.policy.set("1", "user:3", "block", True, "9")

    with pytest.raises(Refused, match=r"policy\.blocked"):
        await counter.take(asker())
    await counter.policy.unset("1", "user:3", "block", "9")
    await counter.take(asker())


async def test_what_another_process_sets_counts_soon(counter: BotCounter) -> None:
    seconds = 0.0
    rules = KeptRules(counter.service, lambda: seconds)
    assert await rules.of("1") == ()

    await counter.service.policies.set("1", "guild", "queued", 3, "9")

    assert await rules.of("1") == ()
    seconds = KEPT_SECONDS
    assert [row.value for row in await rules.of("1")] == [3]


async def test_what_was_read_while_it_changed_is_not_kept(counter: BotCounter) -> None:
    rules = KeptRules(counter.service, lambda: 0.0)
    reading = asyncio.ensure_future(rules.of("1"))
    await asyncio.sleep(0)
    await counter.service.policies.set("1", "guild", "queued", 3, "9")
    rules.forget("1")
    await reading

    assert [row.value for row in await rules.of("1")] == [3]


async def test_two_moderators_at_a_time_lose_nothing(counter: BotCounter) -> None:
    await asyncio.gather(
        *(
            counter.policy.change("1", "guild", "filter", lambda said, n=n: [*(said or []), f"word{n}"], "9")
            for n in range(20)
        )
    )

    (row,) = await counter.policy.rules("1")
    assert sorted(row.value) == sorted(f"word{n}" for n in range(20))
    assert len(await counter.service.policies.audit("1")) == 20


async def test_what_can_not_be_set_leaves_no_trace(counter: BotCounter) -> None:
    with pytest.raises(Refused):
        await counter.policy.set("1", "guild", "max_steps", 151, "9")

    assert await counter.policy.rules("1") == []
    assert await counter.service.policies.audit("1") == []


async def test_moderators(counter: BotCounter) -> None:
    is_moderator = counter.policy.is_moderator
    await counter.policy.set("1", "role:4", "moderator", True, "9")

    assert await is_moderator(asker(roles=(), moderator=True))
    assert await is_moderator(asker(roles=("4",)))
    assert not await is_moderator(asker(roles=("5",)))
    assert not await is_moderator(asker(guild="7", roles=("4",)))
    assert not await is_moderator(asker(guild=None, roles=()))


async def test_roles_count_as_groups_when_something_speaks_of_them(tmp_path: Path) -> None:
    sections = {
        "quotas": {"rules": [{"of": "role:5", "pictures_per_day": 9}]},
        "fairness": {"weights": {"role:6": 2.0}},
    }
    with bot_counter(tmp_path / "state", **sections) as counter:
        await counter.policy.set("1", "role:4", "queued", 3, "9")
        grant = await counter.policy.admit(asker(roles=("3", "4", "5", "6")), "imagine")
        crowd = await counter.policy.admit(asker(roles=tuple(str(each) for each in range(3, 300))), "imagine")
        direct = await counter.policy.admit(asker(guild=None, roles=()), "imagine")

    assert grant.groups == ("guild:1", "member:1.3", "channel:2", "role:5", "role:6", "role:4")
    assert set(crowd.groups) == set(grant.groups)
    assert direct.groups == ("channel:2",)


async def test_more_roles_than_a_job_may_have_are_cut(counter: BotCounter) -> None:
    for number in range(20):
        await counter.policy.set("1", f"role:{number}", "queued", 3, "9")

    await counter.take(asker(roles=tuple(str(number) for number in range(20))))

    (job,) = await counter.service.jobs()
    assert len(job.groups) == 16
