"""The checker of invariants notices what it is there for: three storages broken on purpose."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from support.queue_driver import QueueDriver

from storage import queue
from storage.queue import tally, transition
from storage.quotas import counting
from storage.results.picture import NewPicture
from storage.schema import attempts, events, jobs


def _crash(q: QueueDriver) -> None:
    """The daemon dies with a job under way, and the next one starts."""
    q.claim_one()
    q.write(queue.recover, now=q.now, max_attempts=3)


def test_without_a_fence_a_job_is_recorded_twice(
    q: QueueDriver, invariants: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = q.enqueue()
    early = q.claim_one()
    q.accuse(early)
    late = q.claim_one()
    monkeypatch.setattr(transition, "fence", lambda _: sa.true())
    monkeypatch.setattr(tally, "moved", lambda *_: None)
    monkeypatch.setattr(counting, "settle", lambda *_, **__: None)
    assert q.finish(early)
    assert q.finish(late, [q.picture(1)])
    wrong = " ".join(invariants.violations(q.state_dir, [job_id]))
    assert f"job {job_id} is done and has 2 pictures" in wrong


def test_a_job_that_is_deleted_when_it_is_claimed_is_lost(
    q: QueueDriver, invariants: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [q.enqueue() for _ in range(3)]

    def lose(connection: Any, job: str, *_: Any, **__: Any) -> None:
        for table in (events, attempts):
            connection.execute(sa.delete(table).where(table.c.job_id == job))
        connection.execute(sa.delete(jobs).where(jobs.c.id == job))

    monkeypatch.setattr(transition, "running", lose)
    _crash(q)
    assert f"job {ids[0]} was acknowledged and is lost" in invariants.violations(q.state_dir, ids)


def test_a_row_before_its_file_names_nothing_after_a_crash(q: QueueDriver, invariants: ModuleType) -> None:
    q.enqueue()
    picture: NewPicture = q.picture()
    q.files.discard(picture.path)
    q.finish(q.claim_one(), [picture])
    assert f"the file {picture.path} is missing" in invariants.violations(q.state_dir)
    (q.state_dir / picture.path).write_bytes(b"torn")
    assert f"the file {picture.id}.png is torn" in invariants.violations(q.state_dir)


def test_what_is_whole_passes_and_the_script_says_so(q: QueueDriver) -> None:
    for _ in range(3):
        q.enqueue(deliver=True)
    q.finish(q.claim_one())
    _crash(q)
    script = [sys.executable, str(Path(__file__).with_name("invariants.py")), str(q.state_dir)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}

    def checked() -> subprocess.CompletedProcess[str]:
        return subprocess.run(script, check=False, capture_output=True, text=True, env=environment)

    assert checked().stdout == "all invariants hold\n"
    q.picture()
    done = checked()
    assert done.returncode == 1
    assert "no row names the file" in done.stdout
