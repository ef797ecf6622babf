"""Rules of retention: the first that matches decides, nothing that is needed goes, and whoever asks goes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
from support.waiting import until

from config.settings import RetentionSettings
from daemon.retention import Retention
from daemon.service import Origin, PruneOrder, Rule, Submission
from storage.subscriptions import Subscription, replace

DAY = 86_400


async def last(steps: AsyncGenerator[Any]) -> Any:
    return [step async for step in steps][-1]


async def ended(parts: Any, owner: str = "cli:1", origin: str | None = None, **fields: Any) -> str:
    submission = Submission(
        fields={"prompt": "x", "width": 64, "height": 64},
        owner=owner,
        origin=None if origin is None else Origin(origin, {"url": "https://hooks.example/"}),
        **fields,
    )
    receipt = await parts.service.submit(submission)
    await parts.service.cancel(receipt.id)
    return str(receipt.id)


async def left(parts: Any) -> set[str]:
    return {job.id for job in await parts.service.jobs()}


async def carried_out(parts: Any, **order: Any) -> Any:
    """What it did, after a rehearsal that must say the same."""
    rehearsed = await last(parts.service.keeping.prune(PruneOrder(retention=True, dry_run=True)))
    done = await last(parts.service.keeping.prune(PruneOrder(retention=True, **order)))
    assert rehearsed.gone == done.gone
    assert rehearsed.by_rule == done.by_rule
    return done


async def test_without_rules_nothing_goes_and_status_has_no_word_of_it(parts: Any) -> None:
    job = await ended(parts)
    parts.clock.forward(1_000 * DAY)
    assert (await carried_out(parts)).gone.jobs == 0
    assert await left(parts) == {job}
    assert (await parts.service.status()).retention is None


async def test_the_first_rule_that_matches_decides(build: Callable[..., Any]) -> None:
    """1. One folder keeps all. 2. Others keep a day. 3. What came by webhook keeps one. 4. The rest is of no rule."""
    rules = [
        {"owner": "folder:album"},
        {"owner": "folder:*", "keep_days": 1},
        {"origin": "webhook", "state": "cancelled", "keep_newest": 1},
        {"origin": "webhook", "state": "failed", "keep_newest": 0},
    ]
    parts = build(retention={"rules": rules}, webhooks={"hosts": [{"name": "hooks.example"}]})
    stays = {await ended(parts, "folder:album") for _ in range(2)}
    old = [await ended(parts, "folder:inbox", "webhook") for _ in range(2)]
    web = [await ended(parts, "cli:1", "webhook") for _ in range(3)]
    stays |= {web[-1], await ended(parts, "cli:1")}
    parts.clock.forward(2 * DAY)
    stays.add(await ended(parts, "folder:inbox"))
    done = await carried_out(parts)
    assert [(each.number, each.gone.jobs) for each in done.by_rule] == [(2, 2), (3, 2), (4, 0)]
    assert done.by_rule[1].says == "origin webhook, state cancelled, keep_newest 1"
    assert await left(parts) == stays
    assert not stays & set(old)
    status = (await parts.service.status()).retention
    assert status is not None
    assert (status.rules, status.jobs, status.at) == (4, 4, parts.clock())


async def test_what_has_not_ended_or_is_needed_stays_whatever_the_rules_say(build: Callable[..., Any]) -> None:
    parts = build(retention={"rules": [{"keep_days": 0}]})
    waits = (await parts.service.submit(Submission(fields={"prompt": "x"}))).id
    undelivered = await ended(parts, deliver=True)
    parent = await ended(parts)
    child = (await parts.service.submit(Submission(fields={"prompt": "x"}, parent=parent))).id
    await parts.database.write(
        lambda c: replace(c, [Subscription(source="webhook", target="archive", states=("cancelled",))])
    )
    to_be_told = await ended(parts)
    await parts.database.write(lambda c: replace(c, []))
    goes = await ended(parts)
    parts.clock.forward(1)
    assert (await carried_out(parts)).gone.jobs == 1
    assert await left(parts) == {waits, undelivered, parent, child, to_be_told}
    assert goes not in await left(parts)


async def test_it_comes_by_itself_and_again_when_the_rules_change(build: Callable[..., Any]) -> None:
    parts = build()
    job = await ended(parts)
    parts.clock.forward(1)
    often = RetentionSettings(every_minutes=0.001)
    side = Retention(parts.service.keeping, often)
    running = asyncio.create_task(side.run())
    await asyncio.sleep(0.2)
    assert await left(parts) == {job}
    rules = RetentionSettings.model_validate({"every_minutes": 0.001, "rules": [{"keep_newest": 0}]})
    parts.service.reconfigure(parts.settings.model_copy(update={"retention": rules}))
    side.reconfigure(rules)
    async with asyncio.timeout(20):
        while await left(parts):
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_whoever_asks_for_a_backup_or_a_prune_goes_before_what_comes_by_itself(
    build: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.service.keeping.GENTLE_JOBS", 1)
    parts = build(retention={"rules": [{"keep_newest": 0}]})
    for _ in range(50):
        await ended(parts)
    side = Retention(
        parts.service.keeping, RetentionSettings(every_minutes=0.001, rules=parts.settings.retention.rules)
    )
    running = asyncio.create_task(side.run())
    keeping = parts.service.keeping
    await until(lambda: keeping._under_way == "retention", "it is under way", 20)
    await last(keeping.backup(tmp_path / "b", pictures=False, config=None, config_path=None))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await left(parts), "it was called off in the middle"
    await last(keeping.prune(PruneOrder(rule=Rule())))
    assert await left(parts) == set()


async def test_submissions_go_on_meanwhile(build: Callable[..., Any]) -> None:
    parts = build(retention={"rules": [{"keep_newest": 1}]})
    names = [await ended(parts) for _ in range(5)]
    under_way = asyncio.create_task(last(parts.service.keeping.prune(PruneOrder(retention=True))))
    fresh = await ended(parts)
    assert (await under_way).gone.jobs >= 4
    assert fresh in await left(parts)
    assert not await left(parts) & set(names[:-1])
