"""What the people of a guild decide is kept by scope and name, and who decided it is noted with it."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import UserError
from daemon.service import AuditEntry, PolicyRow
from storage import policies as stored


async def test_a_decision_is_kept_changed_and_taken_back_and_each_of_it_noted(parts: Any) -> None:
    policies = parts.service.policies
    await policies.set("1", "role:7", "draw", True, "3")
    parts.clock.forward(1)
    await policies.set("1", "role:7", "draw", {"models": ["a"]}, "4")
    await policies.set("2", "guild", "draw", False, "5")
    then = parts.clock()
    assert await policies.rows("1") == [PolicyRow("1", "role:7", "draw", {"models": ["a"]}, "4", then)]
    assert await policies.rows("") == []
    assert await policies.unset("1", "role:7", "draw", "3") is True
    assert await policies.unset("1", "role:7", "draw", "3") is False
    assert await policies.rows("1") == []
    await policies.record("1", "3", "moderated", {"job": "x"})
    notes = await policies.audit("1", 10)
    key = {"scope": "role:7", "name": "draw"}
    assert [(each.actor, each.action, each.detail) for each in notes] == [
        ("3", "moderated", {"job": "x"}),
        ("3", "policy_unset", {**key, "was": {"models": ["a"]}}),
        ("4", "policy_set", {**key, "value": {"models": ["a"]}, "was": True}),
        ("3", "policy_set", {**key, "value": True}),
    ]
    assert notes[-1] == AuditEntry(notes[-1].id, then - 1000, "1", "3", "policy_set", {**key, "value": True})
    assert await policies.audit("1", 2, before=notes[1].id) == notes[2:]
    assert await policies.audit("1", 1) == notes[:1]


async def test_what_is_refused_is_neither_kept_nor_noted(parts: Any) -> None:
    policies = parts.service.policies
    for given in (
        ("1", "server", "draw", 1),
        ("1", "role:", "draw", 1),
        ("1", "guild", "", 1),
        ("1", "guild", "n" * 101, 1),
        ("1" * 101, "guild", "draw", 1),
        ("1", "guild", "draw", "x" * 4000),
        ("1", "guild", "draw", float("nan")),
        ("1", "guild", "draw", object()),
    ):
        with pytest.raises(UserError):
            await policies.set(*given, "3")
    with pytest.raises(UserError):
        await policies.set("1", "guild", "draw", 1, "")
    assert await policies.rows("1") == []
    assert await policies.audit("1", 10) == []


async def test_the_number_of_decisions_and_of_notes_is_bounded(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = parts.service.policies
    monkeypatch.setattr(stored, "MAX_ROWS", 3)
    for number in range(3):
        await policies.set("1", f"user:{number}", "draw", number, "3")
    with pytest.raises(UserError, match="3 policies already"):
        await policies.set("1", "user:9", "draw", 1, "3")
    await policies.set("1", "user:2", "draw", 22, "3")
    await policies.set("2", "user:9", "draw", 1, "3")

    def many(connection: Any) -> None:
        for number in range(stored.KEPT + 5):
            stored.record(connection, "1", "3", f"act {number}", {}, now=0)

    parts.database.write_sync(many)
    with_all = parts.database.read_sync(lambda c: stored.notes(c, "1", 10_000))
    assert len(with_all) == stored.KEPT
    assert with_all[0].action == f"act {stored.KEPT + 4}"
    assert len(await policies.audit("2", 10)) == 1, "another guild's notes stay"
