"""After a crash, after a restore and after an upgrade the accounts are right without any repair."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from support.queue_driver import QueueDriver, new_job
from support.requests import settled

from storage import queue
from storage.database import Database
from storage.quotas.periods import periods
from storage.quotas.usage import Used, usage_of
from storage.schema import flags
from storage.sqlite.snapshot import RESTORED


@pytest.mark.parametrize("restored", [False, True])
def test_jobs_that_were_under_way_hold_what_they_held(q: QueueDriver, invariants: ModuleType, restored: bool) -> None:
    for count in (1, 2, 3):
        q.write(queue.enqueue, new_job(settled(count=count), groups=("guild:1",)), now=q.now)
    q.finish(q.claim_one())
    q.claim_one()
    if restored:
        q.write(lambda c: c.execute(sa.insert(flags), {"name": RESTORED}))
    q.write(queue.recover, now=q.now, max_attempts=3)
    assert invariants.violations(q.state_dir) == []
    found = q.read(usage_of, "guild:1", periods(q.now))
    assert found.day == found.month == Used(pictures=1, held_pictures=5)


def test_a_database_from_before_there_were_quotas_knows_what_waits_and_what_is_stored(tmp_path: Path) -> None:
    """1. A database is made and put back to the step before. 2. It is opened."""
    driver = QueueDriver(tmp_path)
    driver.write(queue.enqueue, new_job(settled(count=2)), now=driver.now)
    for _ in range(2):
        driver.write(queue.enqueue, new_job(owner="cli:2"), now=driver.now)
    driver.close()
    with closing(sqlite3.connect(tmp_path / "mezzotint.db")) as db:
        jobs = db.execute("SELECT id, held_pictures, quota_day FROM jobs ORDER BY seq").fetchall()
        held = db.execute("SELECT scope, kind, period, held_pictures FROM usage ORDER BY 1, 2").fetchall()
        for table in ("usage", "stored"):
            db.execute(f"DROP TABLE {table}")
        for column in ("groups", "quota_day", "held_pictures", "held_ms", "held_bytes"):
            db.execute(f"ALTER TABLE jobs DROP COLUMN {column}")
        db.execute("UPDATE alembic_version SET version_num = '0003'")
        db.commit()
    Database.open(tmp_path / "mezzotint.db").close()
    with closing(sqlite3.connect(tmp_path / "mezzotint.db")) as db:
        assert db.execute("SELECT id, held_pictures, quota_day FROM jobs ORDER BY seq").fetchall() == jobs
        assert db.execute("SELECT scope, kind, period, held_pictures FROM usage ORDER BY 1, 2").fetchall() == held
        assert db.execute("SELECT * FROM stored ORDER BY 1").fetchall() == [
            ("owner:cli:1", 0, 0, 0, 1),
            ("owner:cli:2", 0, 0, 0, 2),
        ]
