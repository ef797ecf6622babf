"""What others notice while the store is backed up or pruned."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from support.queue_driver import new_job

from config.settings import Settings
from daemon.service import Conditions, Pruned, PruneOrder
from daemon.service.keeping import Keeping
from storage import queue
from storage.backup.copying import Going
from storage.backup.make import Source, make
from storage.database import Database
from storage.prune import jobs
from storage.prune.rule import Rule
from storage.sqlite import pages

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

NOW = 1_800_000_000_000
JOBS = 20_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "mezzotint.db")
    for start in range(0, JOBS, 1000):
        names = opened.write_sync(
            lambda c, start=start: [
                each.id for each in queue.enqueue_many(c, [new_job() for _ in range(1000)], now=NOW + start)
            ]
        )
        opened.write_sync(lambda c, names=names: [queue.cancel(c, name, now=NOW) for name in names])
    yield opened
    opened.close()


@contextmanager
def submitting(database: Database, what: str) -> Iterator[None]:
    """Someone submits all the time; prints how long that took him."""
    over, seconds = threading.Event(), []

    def submit() -> None:
        while not over.is_set():
            began = time.perf_counter()
            database.write_sync(lambda c: queue.enqueue(c, new_job(), now=NOW))
            seconds.append(time.perf_counter() - began)
            over.wait(0.005)

    thread = threading.Thread(target=submit)
    thread.start()
    began = time.perf_counter()
    try:
        yield
    finally:
        took = time.perf_counter() - began
        over.set()
        thread.join()
    cuts = statistics.quantiles(seconds, n=100)
    log = database.path.with_name(f"{database.path.name}-wal").stat().st_size / 2**20
    print(
        f"\n{what}: {took:.2f} s, {len(seconds)} submissions meanwhile, "
        f"median {cuts[49] * 1000:.1f} ms, 99 of 100 within {cuts[98] * 1000:.1f} ms, "
        f"longest {max(seconds) * 1000:.1f} ms, log {log:.1f} MiB"
    )


def _file(database: Database) -> float:
    return database.path.stat().st_size / 2**20


def _prune(database: Database) -> None:
    after: int | None = database.read_sync(partial(jobs.beginning, rule=Rule()))
    while after:
        found = database.read_sync(partial(jobs.find, rule=Rule(), after=after))
        database.write_sync(partial(jobs.remove, rule=Rule(), seqs=found.seqs))
        after = found.after
        time.sleep(0.01)


def test_submissions_while_twenty_thousand_jobs_are_pruned(database: Database) -> None:
    with submitting(database, "nothing else"):
        time.sleep(2)
    before = _file(database)
    with submitting(database, f"prune of {JOBS}"):
        _prune(database)
    with submitting(database, "giving back"):
        while database.write_sync(partial(pages.give_back, pages=500)):
            time.sleep(0.01)
    database.shrink()
    print(f"the file: {before:.1f} MiB before, {_file(database):.1f} MiB after")


def test_submissions_while_the_rules_of_retention_are_carried_out(tmp_path: Path, database: Database) -> None:
    """By the code that the daemon runs every hour, files included; three rules, of which the last takes all."""
    rules = [{"owner": "folder:*", "keep_days": 1}, {"origin": "webhook", "keep_newest": 10}, {"keep_newest": 0}]
    settings = Settings.model_validate({"state_dir": tmp_path, "retention": {"rules": rules}})
    keeping = Keeping(settings=settings, database=database, clock=lambda: NOW + 86_400_000, conditions=Conditions())

    async def carry_out() -> int:
        steps = [step async for step in keeping.prune(PruneOrder(retention=True, by_itself=True))]
        assert isinstance(steps[-1], Pruned)
        return steps[-1].gone.jobs

    with submitting(database, "nothing else"):
        time.sleep(2)
    with submitting(database, "retention"):
        gone = asyncio.run(carry_out())
    print(f"{gone} jobs went")
    assert gone >= JOBS


def test_submissions_while_the_database_is_backed_up(database: Database, tmp_path: Path) -> None:
    with submitting(database, "nothing else"):
        time.sleep(2)
    source = Source(state_dir=tmp_path, database=database.path, models_file=tmp_path / "models.json")
    print(f"the file: {_file(database):.1f} MiB")
    for number in range(3):
        with submitting(database, "backup"):
            make(source, tmp_path / f"b{number}", Going())
