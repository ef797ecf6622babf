"""Small values come back as they were put, each scope for itself, and never grow without end."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import UserError
from storage import memory as stored


async def test_a_value_comes_back_as_it_was_put(parts: Any) -> None:
    memory = parts.service.memory
    for value in ({"size": [64, 64], "schön": None}, 0, "", None, True, 1.5):
        await memory.put("discord:3", "preferences", value)
        assert await memory.get("discord:3", "preferences") == value
    await memory.put("discord:3", "last", 1)
    await memory.put("discord:4", "last", 2)
    assert await memory.all("discord:3") == {"last": 1, "preferences": 1.5}
    await memory.drop("discord:3", "last")
    await memory.drop("discord:3", "last")
    assert await memory.get("discord:3", "last") is None
    assert await memory.all("discord:4") == {"last": 2}
    assert await memory.all("discord:5") == {}


async def test_it_is_bounded(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = parts.service.memory
    for scope, name, value in (
        ("", "a", 1),
        ("a", "", 1),
        ("a" * 101, "a", 1),
        ("a", "a", "x" * 16_000),
        ("a", "a", {1}),
    ):
        with pytest.raises(UserError):
            await memory.put(scope, name, value)
    monkeypatch.setattr(stored, "MAX_ROWS", 2)
    await memory.put("a", "1", None)
    await memory.put("a", "2", None)
    await memory.put("a", "1", "changed")
    with pytest.raises(UserError, match="2 remembered values already"):
        await memory.put("a", "3", None)
    await memory.put("b", "3", None)
