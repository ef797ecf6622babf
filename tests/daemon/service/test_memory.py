"""Small values come back as they were put, each scope for itself, and never grow without end."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import NotFoundError, UserError
from daemon.service import PruneOrder, Rule, Submission
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


@pytest.mark.parametrize("way", ["removed", "pruned"])
async def test_what_is_remembered_of_a_job_goes_with_it(parts: Any, way: str) -> None:
    memory, fields = parts.service.memory, {"prompt": "a red apple", "width": 64, "height": 64}
    jobs = [(await parts.service.submit(Submission(fields=fields, owner="discord:3"))).id for _ in range(2)]
    for job in jobs:
        await memory.put(f"job:{job}", "spoiler", True, job=job)
    await memory.put("thread:7", "newest", jobs[1], job=jobs[1])
    await memory.put("thread:7", "newest", jobs[0], job=jobs[0])
    await memory.put("discord:3", "size", 64)
    await parts.service.cancel(jobs[1])
    if way == "removed":
        await parts.service.remove(jobs[1])
    else:
        [_ async for _ in parts.service.keeping.prune(PruneOrder(rule=Rule()))]
    assert [job.id for job in await parts.service.jobs()] == jobs[:1]
    rows = parts.database.read_sync(lambda c: c.exec_driver_sql("SELECT scope, job_id FROM memory").all())
    assert sorted(rows) == sorted([(f"job:{jobs[0]}", jobs[0]), ("thread:7", jobs[0]), ("discord:3", None)])
    with pytest.raises(NotFoundError, match=f"no job {jobs[1]}"):
        await memory.put(f"job:{jobs[1]}", "spoiler", True, job=jobs[1])
