"""The first answer comes in time, however slow what it hangs on is, and never shows too much."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from frontends.discord_bot import telling
from frontends.discord_bot.own import Own
from frontends.discord_bot.policy.kept import KeptRules
from frontends.discord_bot.refusal import Refused


class Asked:
    """As much of an interaction as a first answer needs."""

    id = 1

    def __init__(self, seconds: float = 0.0) -> None:
        self.extras: dict[Any, Any] = {}
        self.response = self
        self.seconds = seconds
        self.hidden: bool | None = None

    def is_done(self) -> bool:
        return self.hidden is not None

    async def defer(self, *, ephemeral: bool, thinking: bool) -> None:
        await asyncio.sleep(self.seconds)
        self.hidden = ephemeral


async def soon_or_late(gate: asyncio.Event, answer: bool) -> bool:
    await gate.wait()
    return answer


async def test_what_is_known_in_time_decides_who_sees_it() -> None:
    gate = asyncio.Event()
    gate.set()
    for private in (True, False):
        asked: Any = Asked()
        assert await telling.first_knowing(asked, soon_or_late(gate, private), bool) == (private, private)
        assert asked.hidden is private


async def test_what_is_known_too_late_does_not_hold_up_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MOMENT_SECONDS", 0.01)
    gate, asked = asyncio.Event(), Asked()
    knowing = asyncio.create_task(telling.first_knowing(asked, soon_or_late(gate, False), bool))  # type: ignore[arg-type]
    async with asyncio.timeout(20):
        while not asked.is_done():
            await asyncio.sleep(0.01)
        assert asked.hidden is True, "nobody else sees what may be private"
        gate.set()
        assert await knowing == (False, True)


async def test_what_can_not_be_looked_up_is_told_after_the_answer() -> None:
    async def broken() -> bool:
        raise Refused("errors.no_such_job")

    asked: Any = Asked()
    with pytest.raises(Refused):
        await telling.first_knowing(asked, broken(), bool)
    assert asked.hidden is True


async def test_a_first_answer_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "FIRST_SECONDS", 0.01)
    hanging: Any = Asked(seconds=3600)
    assert await telling.first(hanging) is False


async def test_what_a_form_needs_has_its_time_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "SOON_SECONDS", 0.01)
    asked: Any = Asked()
    for _ in range(2):
        with pytest.raises(Refused, match=r"errors\.too_late"):
            await telling.soon(asked, asyncio.Event().wait())


async def test_whether_somebody_wants_it_private_is_looked_up_once_and_follows_what_he_sets() -> None:
    kept: dict[str, Any] = {}
    looks = 0

    async def get(owner: str, name: str) -> Any:
        nonlocal looks
        looks += 1
        return kept.get(owner)

    async def put(owner: str, name: str, value: Any) -> None:
        kept[owner] = value

    async def drop(owner: str, name: str) -> None:
        kept.pop(owner, None)

    own = Own(SimpleNamespace(memory=SimpleNamespace(get=get, put=put, drop=drop)))  # type: ignore[arg-type]
    assert [await own.is_private("a") for _ in range(3)] == [False] * 3
    assert looks == 1
    await own.keep("a", {"private": True})
    assert await own.is_private("a") is True
    await own.keep("a", {})
    assert await own.is_private("a") is False
    assert looks == 1


async def test_rules_that_can_not_be_read_again_hold_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontends.discord_bot.policy.kept.PATIENCE_SECONDS", 0.01)
    gate, now = asyncio.Event(), 0.0
    gate.set()
    said = ["old"]

    async def rows(guild: str) -> list[str]:
        answer = list(said)
        await gate.wait()
        return answer

    rules = KeptRules(SimpleNamespace(policies=SimpleNamespace(rows=rows)), lambda: now)  # type: ignore[arg-type]
    assert await rules.of("1") == ("old",)
    now = 100.0
    gate.clear()
    said[:] = ["new"]
    async with asyncio.timeout(20):
        assert await rules.of("1") == ("old",), "nobody waits for them"
        gate.set()
        while await rules.of("1") != ("new",):
            await asyncio.sleep(0.01)
