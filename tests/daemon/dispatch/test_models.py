"""What becomes of jobs whose model is not what was registered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.model_folders import model_folder

from pipeline.models import hashes
from pipeline.models.registry import Registry
from storage.queue.job import Job

from .conftest import BuildFloor, Floor


def _registered(floor: Floor, tmp_path: Path) -> Path:
    root = model_folder(tmp_path / "mine")
    Registry(floor.settings.models_file).add("mine", root)
    return root


async def test_a_model_that_was_changed_after_it_was_registered_is_not_drawn_with(floor: Floor, tmp_path: Path) -> None:
    root = _registered(floor, tmp_path)
    (before,) = await floor.ended(await floor.submit(model="mine"))
    (root / "vae" / "config.json").write_text('{"sample_size": 64}', encoding="utf-8")
    after, other = await floor.ended(await floor.submit(model="mine"), await floor.submit("another"))
    assert (before.state, other.state) == ("done", "done")
    assert (after.state, after.pictures) == ("failed", ())
    assert after.error is not None
    assert (after.error.kind, after.error.field) == ("user", "model")
    assert "mine" in after.error.message
    assert "mezzotint models add" in (after.error.hint or "")


async def test_a_model_whose_index_is_gone_or_nonsense_fails_its_jobs_only(floor: Floor, tmp_path: Path) -> None:
    root = _registered(floor, tmp_path)
    ended: list[Job] = []
    for index in ("no json", "[]", None):
        (root / "model_index.json").unlink()
        if index is not None:
            (root / "model_index.json").write_text(index, encoding="utf-8")
        ended += await floor.ended(await floor.submit(model="mine"))
    assert [job.error.kind for job in ended if job.error] == ["user"] * 3
    assert [job.state for job in await floor.ended(await floor.submit("another"))] == ["done"]


async def test_no_file_is_read_again_for_the_next_job(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    real = hashes.sha256_of

    def noted(file: Path) -> str:
        read.append(file)
        return real(file)

    monkeypatch.setattr(hashes, "sha256_of", noted)
    await floor.ended(await floor.submit())
    assert read
    read.clear()
    await floor.ended(*[await floor.submit(f"number {number}", seed=number) for number in range(5)])
    assert read == []


async def test_jobs_wait_while_the_list_of_models_can_not_be_read(build: BuildFloor, tmp_path: Path) -> None:
    floor = build(queue={"max_attempts": 2})
    _registered(floor, tmp_path)
    good = floor.settings.models_file.read_bytes()
    floor.settings.models_file.write_text("{", encoding="utf-8")
    job_id = await floor.submit(model="mine")
    (starter,) = await floor.ended(await floor.submit("another"))
    assert starter.state == "done"
    await floor.until(lambda: asyncio.sleep(0, floor.changes.count((job_id, "queued")) > 2))
    assert "models" in floor.conditions.now
    floor.settings.models_file.write_bytes(good)
    (job,) = await floor.ended(job_id)
    assert job.state == "done"
    await floor.until(lambda: asyncio.sleep(0, "models" not in floor.conditions.now))
