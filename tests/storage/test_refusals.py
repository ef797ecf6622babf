"""What can't be used is refused with a reason, and stays as it is."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.queue_driver import QueueDriver, new_job

from config.errors import FatalError
from storage import queue
from storage.database import Database


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    driver = QueueDriver(tmp_path)
    driver.write(queue.enqueue_many, [new_job() for _ in range(300)], now=driver.now)
    driver.close()
    return tmp_path / "mezzotint.db"


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


def _scribbled(path: Path) -> None:
    data = bytearray(path.read_bytes())
    chance = random.Random(7)
    for page in range(8192, len(data), 4096):
        data[page : page + 64] = chance.randbytes(64)
    path.write_bytes(data)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "newer": (_newer, "newer version"),
    "foreign": (_foreign, "another program"),
    "scribbled": (_scribbled, "damaged|can't be read"),
    "truncated": (lambda path: os.truncate(path, path.stat().st_size // 2), "can't be read|damaged"),
    "cut to a scrap": (lambda path: os.truncate(path, 100), "can't be read|damaged"),
    "text": (lambda path: path.write_text("dear diary, today it rained again"), "not a database"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_it_is_refused_and_byte_for_byte_as_it_was(whole: Path, how: str) -> None:
    damage, reason = DAMAGE[how]
    damage(whole)
    before = whole.read_bytes()
    with pytest.raises(FatalError, match=reason):
        Database.open(whole)
    assert whole.read_bytes() == before


def test_a_file_that_can_not_be_written_is_refused(whole: Path) -> None:
    before = whole.read_bytes()
    whole.chmod(0o444)
    whole.parent.chmod(0o555)
    code = (
        "import os, sys, pathlib; from storage.database import Database; from config.errors import FatalError\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: Database.open(pathlib.Path(sys.argv[1]))\n"
        "except FatalError as error: print(error); sys.exit(7)"
    )
    for above in (whole.parent.parent, whole.parent.parent.parent, whole.parent.parent.parent.parent):
        if above.stat().st_uid == os.getuid() and above != Path("/tmp"):
            above.chmod(above.stat().st_mode | 0o755)
    try:
        done = subprocess.run([sys.executable, "-c", code, str(whole)], capture_output=True, text=True, check=False)
    finally:
        whole.parent.chmod(0o755)
    assert (done.returncode, "writing" in done.stdout) == (7, True), done
    assert whole.read_bytes() == before


def test_an_empty_file_is_a_fresh_start(tmp_path: Path) -> None:
    (tmp_path / "mezzotint.db").touch()
    Database.open(tmp_path / "mezzotint.db").close()
    assert (tmp_path / "mezzotint.db").stat().st_size > 0
