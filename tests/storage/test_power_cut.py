"""The power goes at any moment of a run of the real storage: nothing accepted is lost, no result lacks its file."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path
from types import ModuleType

import pytest
from support.power_cut import Recorder, after_cut
from support.queue_driver import QueueDriver

from storage import inputs, queue
from storage.results.recovery import recorded_sizes, recover_files

CUTS = 50
JOBS = 4


def _run(path: Path, *, ignore_fsync: bool) -> tuple[Recorder, list[tuple[int, str]]]:
    """Submit, draw and finish some jobs; what was asked of the disk, and from which event on which job was accepted."""
    driver = QueueDriver(path)
    recorder, accepted = Recorder(path), []

    def committed(_: object) -> None:
        with sqlite3.connect(path / "mezzotint.db") as source, sqlite3.connect(":memory:") as copy:
            source.backup(copy)
            recorder.commit(copy.serialize())
        source.close()
        copy.close()

    committed(None)
    with recorder.recording(ignore_fsync=ignore_fsync):
        for number in range(JOBS):
            inputs.save(path, bytes([number]) * 3_000)
            accepted_job = driver.enqueue()
            committed(None)
            accepted.append((len(recorder.events), accepted_job))
            job = driver.claim_one()
            committed(None)
            made = [driver.picture(number)]
            driver.finish(job, made)
            committed(None)
    driver.close()
    return recorder, accepted


def _wrong(
    path: Path, recorder: Recorder, accepted: list[tuple[int, str]], invariants: ModuleType, seed: int
) -> list[str]:
    """What is wrong after a cut at a moment that ``seed`` chooses, once the next start has put it right."""
    chance = random.Random(seed)
    moment = chance.randint(1, len(recorder.events))
    files, database = after_cut(recorder.events[:moment], chance)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    for name, data in files.items():
        target = path / Path(name).relative_to(recorder.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    assert database is not None
    (path / "mezzotint.db").write_bytes(database)
    driver = QueueDriver(path)
    driver.write(queue.recover, now=driver.now, max_attempts=3)
    report = recover_files(path, driver.read(recorded_sizes))
    driver.close()
    known = [job for since, job in accepted if since <= moment]
    return [*report.missing, *report.damaged, *invariants.violations(path, known)]


@pytest.mark.slow
def test_no_cut_loses_what_was_accepted_or_leaves_a_result_without_its_file(
    tmp_path: Path, invariants: ModuleType
) -> None:
    recorder, accepted = _run(tmp_path / "run", ignore_fsync=False)
    assert {what for what, *_ in recorder.events} == {
        *("write", "fsync", "name", "unname", "fsync directory", "commit")
    }
    found = [_wrong(tmp_path / "cut", recorder, accepted, invariants, seed) for seed in range(CUTS)]
    assert [each for each in found if each] == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_none_of_five_thousand_cuts_does(tmp_path: Path, invariants: ModuleType) -> None:
    recorder, accepted = _run(tmp_path / "run", ignore_fsync=False)
    for seed in range(5_000):
        assert _wrong(tmp_path / "cut", recorder, accepted, invariants, seed) == [], seed


@pytest.mark.slow
def test_a_missing_fsync_is_noticed(tmp_path: Path, invariants: ModuleType) -> None:
    recorder, accepted = _run(tmp_path / "run", ignore_fsync=True)
    found = [_wrong(tmp_path / "cut", recorder, accepted, invariants, seed) for seed in range(CUTS // 2)]
    assert any("torn" in problem for each in found for problem in each), "the simulator must see what it is there for"
