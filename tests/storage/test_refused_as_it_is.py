"""Whatever lies in the place of the database is refused by the daemon with 78, and the directory stays as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.queue_driver import QueueDriver, new_job

from config.errors import UnusableError
from storage import queue
from storage.database import Database


@pytest.fixture
def hot(tmp_path: Path) -> Path:
    """A database whose last changes lie in its write-ahead log, as after a kill -9."""
    driver = QueueDriver(tmp_path / "live")
    driver.write(queue.enqueue_many, [new_job() for _ in range(200)], now=driver.now)
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / "live" / f"mezzotint.db{ending}", state / f"mezzotint.db{ending}")
    driver.close()
    return state / "mezzotint.db"


def _everything(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def _log_lost(path: Path) -> None:
    path.write_bytes(b"")


def _gone(path: Path) -> None:
    path.unlink()


def _directory(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()
    path.unlink()
    path.mkdir()


def _head(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()
    data = bytearray(path.read_bytes())
    data[:100] = os.urandom(100)
    path.write_bytes(data)


def _newer(path: Path) -> None:
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "emptied beside its log": (_log_lost, "its write-ahead log is not"),
    "gone beside its log": (_gone, "its write-ahead log is not"),
    "a directory": (_directory, "Is a directory"),
    "its header overwritten": (_head, "not a database"),
    "of a newer version": (_newer, "newer version"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_the_directory_is_as_it_was(hot: Path, how: str) -> None:
    damage, reason = DAMAGE[how]
    damage(hot)
    before = _everything(hot.parent)
    with pytest.raises(UnusableError, match=reason):
        Database.open(hot)
    assert _everything(hot.parent) == before


def test_a_newer_version_in_the_log_is_seen_and_the_log_stays(hot: Path, tmp_path: Path) -> None:
    import sqlite3

    other = sqlite3.connect(hot, isolation_level=None)
    other.execute("UPDATE alembic_version SET version_num = '9999'")
    state = tmp_path / "copied"
    state.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{hot}{ending}", state / f"mezzotint.db{ending}")
    other.close()
    before = _everything(state)
    assert set(before) == {"mezzotint.db", "mezzotint.db-wal"}
    with pytest.raises(UnusableError, match="newer version"):
        Database.open(state / "mezzotint.db")
    assert _everything(state) == before


def test_an_empty_log_beside_a_whole_database_is_fine(hot: Path) -> None:
    Database.open(hot).close()
    hot.with_name(f"{hot.name}-wal").touch()
    again = Database.open(hot)
    assert again.read_sync(queue.counts)["queued"] == 200
    again.close()


@pytest.mark.slow
def test_the_daemon_says_what_to_do_and_is_not_started_again_in_vain(hot: Path) -> None:
    _newer(hot)
    environment = {**os.environ, "MEZZOTINT_STATE_DIR": str(hot.parent), "MEZZOTINT_ENGINE__KIND": "fake"}
    command = [sys.executable, "-P", "-m", "daemon.cli.main", "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 78
    assert "restore a backup" in done.stderr


async def test_damage_that_shows_while_it_is_open_is_told_to_whoever_waits_for_it(tmp_path: Path) -> None:
    import asyncio

    driver = QueueDriver(tmp_path)
    driver.write(queue.enqueue_many, [new_job() for _ in range(300)], now=driver.now)
    driver.close()
    database = Database.open(tmp_path / "mezzotint.db")
    told = asyncio.create_task(database.damage())
    with (tmp_path / "mezzotint.db").open("r+b") as file:
        for page in range(1, (tmp_path / "mezzotint.db").stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 64)
    with pytest.raises(UnusableError, match="damaged"):
        await database.read(queue.find)
    with pytest.raises(UnusableError, match="damaged"):
        await asyncio.wait_for(told, 10)
    assert database.damaged is not None
    database.close()


def _spoil_jobs(file: Path) -> None:
    """Only the pages of jobs; what a switch of the queue touches is well."""
    data = file.read_bytes()
    with file.open("r+b") as opened:
        for start in range(4096, len(data), 4096):
            if b"a red apple" in data[start : start + 4096]:
                opened.seek(start)
                opened.write(b"\xff" * 64)


def _many_jobs(directory: Path) -> Database:
    driver = QueueDriver(directory)
    driver.write(queue.enqueue_many, [new_job() for _ in range(300)], now=driver.now)
    driver.close()
    return Database.open(directory / "mezzotint.db")


async def test_nothing_is_written_any_more_once_a_reader_came_upon_damage(tmp_path: Path) -> None:
    database = _many_jobs(tmp_path)
    await database.write(queue.pause)
    _spoil_jobs(database.path)
    with pytest.raises(UnusableError, match="damaged"):
        await database.read(queue.find)
    with pytest.raises(UnusableError, match="damaged"):
        await database.write(queue.resume)
    assert await database.read(queue.is_paused)
    database.close()


async def test_nobody_s_work_is_written_together_with_one_that_comes_upon_damage(tmp_path: Path) -> None:
    import asyncio
    import threading

    database, gate = _many_jobs(tmp_path), threading.Event()
    _spoil_jobs(database.path)
    first = asyncio.create_task(database.write(lambda _: gate.wait(10)))
    await asyncio.sleep(0.05)
    group = [asyncio.create_task(database.write(act)) for act in (queue.pause, queue.find, queue.pause)]
    await asyncio.sleep(0.05)
    gate.set()
    await first
    ends = await asyncio.gather(*group, return_exceptions=True)
    assert [type(end) for end in ends] == 3 * [UnusableError]
    assert not await database.read(queue.is_paused)
    database.close()
