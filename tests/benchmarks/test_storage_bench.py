"""Figures of storage, as ratios and against the promised bounds: ``make bench``."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from support.choosing import InOrder, charge
from support.queue_driver import new_job
from support.requests import settled

from config.ids import new_id
from storage import prompts, queue
from storage.database import Database
from storage.results.recovery import recorded_sizes, recover_files
from storage.schema import pictures

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]
NOW = 1_800_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "mezzotint.db")
    yield opened
    opened.close()


def _fill(database: Database, jobs: int) -> None:
    for start in range(0, jobs, 1000):
        new = [new_job(owner=f"cli:{n % 100}", priority=n % 3) for n in range(start, start + 1000)]
        database.write_sync(lambda c, new=new, start=start: queue.enqueue_many(c, new, now=NOW + start))  # type: ignore[misc]


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def test_operations_that_wait_together_share_the_disk(database: Database) -> None:
    def one(connection: object) -> object:
        return queue.enqueue(connection, new_job(), now=NOW)  # type: ignore[arg-type]

    single = _seconds(lambda: [database.write_sync(one) for _ in range(300)])
    grouped = _seconds(lambda: [future.result() for future in [database._writer.submit(one) for _ in range(300)]])
    print(f"enqueue at FULL: {300 / single:.0f}/s one by one, {300 / grouped:.0f}/s grouped, {single / grouped:.1f} x")
    assert grouped < single


def test_the_words_of_prompts_cost_little_beside_the_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"{first}{second}" for first in "abcdefghij" for second in ("apple", "table", "light", "garden", "cat")]
    new = [
        new_job(settled(prompt=" ".join(words[(n * step) % 50] for step in range(1, 26)), steps=4), owner=f"cli:{n}")
        for n in range(1000)
    ]
    indexes = prompts.is_there
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(10):
        indexed = number % 2 == 0
        monkeypatch.setattr(prompts, "is_there", indexes if indexed else lambda _: False)
        database = Database.open(tmp_path / f"{number}.db")
        seconds[indexed].append(_seconds(partial(database.write_sync, partial(queue.enqueue_many, new=new, now=NOW))))
        database.close()
    ratio = min(seconds[True]) / min(seconds[False])
    print(f"enqueue of 1,000: {min(seconds[True]) * 1000:.0f} ms with the index of words, {ratio:.2f} x without")
    assert ratio < 1.5


def test_a_claim_with_a_hundred_thousand_queued(database: Database) -> None:
    _fill(database, 100_000)

    def take(connection: object) -> object:
        return queue.claim(
            connection,  # type: ignore[arg-type]
            now=NOW + 100_000,
            lease_until=NOW + 160_000,
            limit=1,
            choose=InOrder(),
            charge=charge,
            max_attempts=3,
        )

    times = sorted(_seconds(lambda: database.write_sync(take)) * 1000 for _ in range(1000))
    print(f"claim: p50 {statistics.median(times):.2f} ms, p99 {times[990]:.2f} ms")
    assert times[990] < 20


def test_a_start_with_a_hundred_thousand_rows_and_files(tmp_path: Path) -> None:
    path = tmp_path / "mezzotint.db"
    database = Database.open(path)
    _fill(database, 100_000)
    job = database.read_sync(lambda c: queue.find(c, limit=1))[0].id
    rows = []
    for number in range(100_000):
        name = new_id(NOW + number)
        file = tmp_path / "pictures" / name[-2:] / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
        rows.append(
            {"id": name, "job_id": job, "number": number, "path": f"pictures/{name[-2:]}/{name}.png", "facts": "{}"}
            | {"sha256": "0" * 64, "pixels_sha256": "0" * 64, "seed": 1, "width": 8, "height": 8, "bytes": 1}
            | {"created_at": NOW}
        )
    database.write_sync(lambda c: c.execute(pictures.insert(), rows))
    database.close()
    began = time.perf_counter()
    database = Database.open(path)
    opened = time.perf_counter() - began
    report = recover_files(tmp_path, database.read_sync(recorded_sizes))
    checked = time.perf_counter() - began - opened
    database.close()
    print(f"open {opened:.2f} s ({os.path.getsize(path) >> 20} MiB), files {checked:.2f} s")
    assert not report.missing
    assert not report.orphans_quarantined
