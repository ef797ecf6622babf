"""Keeping the store through the one door."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from config.errors import BusyError, UserError
from daemon import recovery
from daemon.service import PruneOrder, Rule, Submission
from storage import inputs, queue
from storage.results.store import path_of


async def last(steps: AsyncGenerator[Any]) -> Any:
    return [step async for step in steps][-1]


async def ended(parts: Any) -> str:
    receipt = await parts.service.submit(Submission(fields={"prompt": "x", "width": 64, "height": 64}))
    await parts.service.cancel(receipt.id)
    return str(receipt.id)


async def test_unused_inputs_and_files_set_aside_go_only_when_they_are_named(parts: Any) -> None:
    state = parts.settings.state_dir
    unused, fresh = inputs.save(state, b"unused"), inputs.save(state, b"fresh")
    os.utime(state / "inputs" / f"{unused}.png", (1, 1))
    (parts.settings.quarantine / "old.png").write_bytes(b"aside")
    await ended(parts)
    would = await last(parts.service.keeping.prune(PruneOrder(unreferenced_inputs=True, quarantine=True, dry_run=True)))
    assert (would.inputs, would.input_bytes, would.quarantined, would.quarantined_bytes) == (1, 6, 1, 5)
    assert (state / "inputs" / f"{unused}.png").exists()
    only_jobs = await last(parts.service.keeping.prune(PruneOrder(rule=Rule())))
    assert (only_jobs.gone.jobs, only_jobs.inputs, only_jobs.quarantined) == (1, 0, 0)
    done = await last(parts.service.keeping.prune(PruneOrder(unreferenced_inputs=True, quarantine=True)))
    assert (done.gone.jobs, done.inputs, done.quarantined) == (0, 1, 1)
    assert inputs.load(state, fresh) == b"fresh"
    assert list(parts.settings.quarantine.iterdir()) == []


async def test_one_at_a_time_and_none_while_the_daemon_stops(parts: Any, tmp_path: Path) -> None:
    keeping = parts.service.keeping
    steps = keeping.backup(tmp_path / "b", pictures=True, config=None, config_path=None)
    await anext(steps)
    with pytest.raises(BusyError, match="a backup is under way"):
        await last(keeping.prune(PruneOrder(rule=Rule())))
    await steps.aclose()
    assert list(tmp_path.glob(".mezzotint-unfinished-*")) == []
    await last(keeping.prune(PruneOrder(rule=Rule())))
    parts.service.stop_intake()
    with pytest.raises(BusyError, match="stopping"):
        await last(keeping.prune(PruneOrder(rule=Rule())))


async def test_a_backup_in_a_watched_folder_is_refused(build: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    parts = build(watch_folder={"folders": [{"name": "a", "path": str(tmp_path / "drop")}]})
    with pytest.raises(UserError, match="inside"):
        await last(parts.service.keeping.backup(tmp_path / "drop" / "b", pictures=True, config=None, config_path=None))


async def test_a_file_that_can_not_be_removed_is_told_and_removed_at_the_next_start(parts: Any) -> None:
    """A directory stands in for a file that the disk does not let go of."""
    path = path_of("0" * 16)
    stuck = parts.settings.state_dir / path
    (stuck / "x").mkdir(parents=True)
    await parts.database.write(lambda c: c.exec_driver_sql("INSERT INTO removals VALUES (?)", (path,)))
    assert await parts.service.keeping.clear_away() == 1
    assert [each.what for each in parts.service.conditions.list()] == ["prune"]
    (stuck / "x").rmdir()
    stuck.rmdir()
    stuck.write_bytes(b"png")
    await recovery.recover(parts.database, parts.settings, parts.clock, parts.conditions)
    assert not stuck.exists()
    assert parts.conditions.list() == ()
    assert list(parts.settings.quarantine.iterdir()) == []


async def test_files_behind_those_that_stay_are_removed_all_the_same(
    parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them stay than one look takes."""
    monkeypatch.setattr("storage.prune.jobs.AT_ONCE", 2)
    state, paths = parts.settings.state_dir, [path_of(f"{number:016x}") for number in range(7)]
    for path in paths[:5]:
        (state / path / "x").mkdir(parents=True)
    for path in paths[5:]:
        (state / path).parent.mkdir(parents=True)
        (state / path).write_bytes(b"png")
    await parts.database.write(lambda c: [c.exec_driver_sql("INSERT INTO removals VALUES (?)", (p,)) for p in paths])
    assert await parts.service.keeping.clear_away() == 5
    assert [path for path in paths if (state / path).exists()] == paths[:5]


async def test_a_store_from_which_all_is_pruned_is_not_taken_for_a_lost_one(parts: Any) -> None:
    await ended(parts)
    await last(parts.service.keeping.prune(PruneOrder(rule=Rule())))
    stray = parts.settings.state_dir / path_of("0" * 16)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"png")
    await recovery.recover(parts.database, parts.settings, parts.clock, parts.conditions)
    assert [path.name for path in parts.settings.quarantine.iterdir()] == [stray.name]


async def test_submissions_go_on_while_jobs_are_pruned(parts: Any) -> None:
    names = [await ended(parts) for _ in range(5)]
    pruning = asyncio.create_task(last(parts.service.keeping.prune(PruneOrder(rule=Rule(keep=1)))))
    fresh = await ended(parts)
    assert (await pruning).gone.jobs >= 4
    left = {job.id for job in await parts.database.read(queue.find)}
    assert fresh in left
    assert not left & set(names[:-1])
