"""One job is removed with its pictures, its files and what it counted; everything else stays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config.errors import ConflictError, NotFoundError
from daemon.service import Submission
from storage.prune import files

OWNER = "discord:3"


async def drawn(parts: Any, count: int = 1, **more: Any) -> Any:
    fields = {"prompt": "a red apple", "count": count, "width": 64, "height": 64, "steps": 1}
    receipt = await parts.service.submit(Submission(fields=fields, owner=OWNER, groups=("guild:1",), **more))
    return await parts.service.wait(receipt.id, 30)


def there(parts: Any) -> set[str]:
    folder = parts.settings.state_dir / "pictures"
    return {path.stem for path in folder.rglob("*.png")}


async def test_a_job_goes_with_its_files_and_what_it_occupied_is_given_back(drawing: Any) -> None:
    kept, job = await drawn(drawing), await drawn(drawing, 2)
    await drawing.service.remove(job.id)
    with pytest.raises(NotFoundError):
        await drawing.service.job(job.id)
    with pytest.raises(NotFoundError):
        await drawing.service.remove(job.id)
    assert there(drawing) == {kept.pictures[0].id}
    for scope in (f"owner:{OWNER}", "guild:1"):
        usage = (await drawing.service.usage(scope)).usage
        assert (usage.pictures, usage.bytes, usage.day.pictures) == (1, kept.pictures[0].bytes, 3)
    assert drawing.database.read_sync(lambda c: files.noted(c, 10)) == []


async def test_what_was_made_from_it_stays(drawing: Any) -> None:
    job = await drawn(drawing)
    by_picture, by_job = await drawn(drawing, parent=job.pictures[0].id), await drawn(drawing, parent=job.id)
    await drawing.service.remove(job.id)
    for child in (by_picture, by_job):
        assert (await drawing.service.job(child.id)).parent is None
        assert child.pictures[0].id in there(drawing)
        await drawing.service.remove(child.id)
    assert there(drawing) == set()


async def test_a_job_that_has_not_ended_stays(parts: Any) -> None:
    fields = {"prompt": "a red apple", "width": 64, "height": 64}
    job = (await parts.service.submit(Submission(fields=fields, owner=OWNER, deliver=True))).id
    with pytest.raises(ConflictError, match="is queued"):
        await parts.service.remove(job)
    await parts.service.cancel(job)
    await parts.service.remove(job)  # its end was still to be delivered: nobody waits for it any more
    assert await parts.service.jobs() == []
    status = await parts.service.status()
    assert (status.deliveries.waiting, status.queue["cancelled"]) == (0, 0)


async def test_of_two_who_remove_it_at_once_one_is_told_that_it_is_gone(drawing: Any) -> None:
    job = await drawn(drawing)
    answers = await asyncio.gather(*(drawing.service.remove(job.id) for _ in range(2)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "NotFoundError"]
    assert there(drawing) == set()


async def test_the_files_wait_for_a_backup_that_may_be_copying_them(drawing: Any, tmp_path: Any) -> None:
    job = await drawn(drawing)
    steps = drawing.service.keeping.backup(tmp_path / "backup", pictures=True, config=None, config_path=None)
    await anext(steps)
    await drawing.service.remove(job.id)
    assert await drawing.service.jobs() == []
    assert there(drawing) == {job.pictures[0].id}
    async for _ in steps:
        pass
    assert there(drawing) == set()
