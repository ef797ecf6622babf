"""After a crash, after a restore and after an upgrade the accounts are right without any repair."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from support.queue_driver import QueueDriver, new_job
from support.requests import settled

import storage.migrations
from storage import queue, sqlite
from storage.database import Database
from storage.quotas.periods import periods
from storage.quotas.usage import Used, usage_of
from storage.schema import flags
from storage.sqlite.snapshot import RESTORED

NOON = 1_800_000_000_000
"""On 2027-01-15."""


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


def test_a_database_from_before_there_were_quotas_knows_what_waits_and_what_is_stored(
    tmp_path: Path, invariants: ModuleType
) -> None:
    """1. A database of the step before, with jobs that wait. 2. It is opened."""
    path = tmp_path / "mezzotint.db"
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
    engine = sqlite.open_writer(path, synchronous="normal", busy_timeout_seconds=1)
    with engine.begin() as connection:
        sqlite.mark(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for number, (owner, count) in enumerate((("cli:1", 2), ("cli:2", 1), ("cli:2", 1))):
            connection.exec_driver_sql(
                "INSERT INTO jobs (id, state, lane, owner, source, origin_source, origin_address, priority, cost,"
                " request, request_hash, deliver, attempt, alone, cancel_requested, queued_at) VALUES"
                f" ('{number:016}', 'queued', 0, '{owner}', 'cli', 'cli', '{{}}', 0, 1.0, '{{\"count\": {count}}}',"
                f" '{'a' * 64}', 0, 0, 0, 0, {NOON})"
            )
    engine.dispose()
    Database.open(path).close()
    with closing(sqlite3.connect(path)) as db:
        held = db.execute("SELECT scope, kind, period, held_pictures FROM usage ORDER BY 1, 2").fetchall()
        assert held == [
            (f"owner:cli:{owner}", kind, period, 2)
            for owner in (1, 2)
            for kind, period in (("day", "2027-01-15"), ("month", "2027-01"))
        ]
        assert db.execute("SELECT * FROM stored ORDER BY 1").fetchall() == [
            ("owner:cli:1", 0, 0, 0, 1),
            ("owner:cli:2", 0, 0, 0, 2),
        ]
    assert [each for each in invariants.violations(tmp_path) if "held" in each or "stored" in each] == []
