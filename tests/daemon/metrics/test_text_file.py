"""The file for collectors: whole at any moment, and a disk that fails is told and heals."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.waiting import until

from config.settings import MetricsSettings
from daemon.metrics.textfile import TextFile, write_whole
from daemon.service import Conditions, Exposition


class Growing:
    """A text that is another one each time, and says by itself whether it is whole."""

    def __init__(self) -> None:
        self.asked = 0

    async def expose(self, accept: str) -> Exposition:
        self.asked += 1
        return Exposition("text/plain", text_of(self.asked))


def text_of(number: int) -> bytes:
    lines = 1 + number % 500
    return b"".join(b"line %d of %d\n" % (line + 1, lines) for line in range(lines))


def is_whole(text: bytes) -> bool:
    lines = text.splitlines()
    return bool(lines) and lines[-1] == b"line %d of %d" % (len(lines), len(lines))


@pytest.fixture
def conditions() -> Conditions:
    return Conditions()


@pytest.fixture
async def running(tmp_path: Path, conditions: Conditions) -> AsyncIterator[TextFile]:
    settings = MetricsSettings(textfile=tmp_path / "there" / "mezzotint.prom", every_seconds=1, textfile_mode="0640")
    file = TextFile(Growing(), settings, conditions)
    task = asyncio.create_task(file.run())
    yield file
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_reader_finds_it_whole_at_any_moment(tmp_path: Path) -> None:
    path, over = tmp_path / "mezzotint.prom", threading.Event()
    write_whole(path, text_of(1), 0o644)

    def write() -> None:
        for number in range(400):
            write_whole(path, text_of(number), 0o644)
        over.set()

    writer, seen = threading.Thread(target=write), set[int]()
    writer.start()
    while not over.is_set():
        text = path.read_bytes()
        assert is_whole(text)
        seen.add(len(text))
    writer.join()
    assert len(seen) > 1
    assert os.listdir(tmp_path) == ["mezzotint.prom"]


def test_its_mode_is_as_set_whatever_the_mask_and_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "mezzotint.prom", tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    (tmp_path / ".mezzotint.prom.part").symlink_to(elsewhere)
    before = os.umask(0o077)
    try:
        write_whole(path, b"x 1\n", 0o644)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert elsewhere.read_text() == "untouched"


async def test_a_missing_directory_is_a_condition_that_heals(
    tmp_path: Path, running: TextFile, conditions: Conditions
) -> None:
    await until(lambda: [each.what for each in conditions.list()] == ["metrics file"], "it is told")
    (tmp_path / "there").mkdir()
    path = tmp_path / "there" / "mezzotint.prom"
    await until(lambda: path.exists() and not conditions.list(), "it has healed", seconds=20)
    assert is_whole(path.read_bytes())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


async def test_another_path_takes_over_and_the_file_before_goes(
    tmp_path: Path, running: TextFile, conditions: Conditions
) -> None:
    (tmp_path / "there").mkdir()
    before, after = tmp_path / "there" / "mezzotint.prom", tmp_path / "other.prom"
    await until(before.exists, "the first is written", seconds=20)
    running.reconfigure(MetricsSettings(textfile=after, every_seconds=1))
    await until(after.exists, "the second is written", seconds=20)
    assert not before.exists()
    running.reconfigure(MetricsSettings())
    assert not after.exists()
    assert conditions.list() == ()
