"""A disk that is full, slow or broken while results come in."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import Any

import pytest

from config.errors import RetryableError
from daemon.dispatch import ledger

from .conftest import BuildFloor, Floor


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(ledger, "MAX_PAUSE_SECONDS", 0.05)


def failing(real: Any, error: Exception, times: int) -> Any:
    """``real``, after it has raised ``times`` times."""
    left = [times]

    def call(*arguments: Any, **keywords: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise error
        return real(*arguments, **keywords)

    return call


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EMFILE])
async def test_a_picture_that_can_not_be_written_is_written_later(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(floor.files, "save", failing(floor.files.save, error, 5))
    (job,) = await floor.ended(await floor.submit())
    assert (job.state, job.attempt) == ("done", 1)
    assert any(said.startswith("results: ") for said in floor.conditions.ever)
    assert "results" not in floor.conditions.now
    assert floor.files_on_disk() == {job.pictures[0].path}


@pytest.mark.parametrize(
    ("number", "mend"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "raise the quota"),
        (errno.EROFS, "mount it for writing again"),
        (errno.EIO, "health of the disk"),
    ],
)
async def test_status_names_what_the_disk_lacks_and_what_to_do(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, number: int, mend: str
) -> None:
    from storage.results import files

    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(files, "_write", failing(files._write, error, 3))
    (job,) = await floor.ended(await floor.submit())
    assert (job.state, job.attempt) == ("done", 1)
    (said,) = {said for said in floor.conditions.ever if said.startswith("results: ")}
    assert os.strerror(number) in said
    assert mend in said
    assert "results" not in floor.conditions.now


async def test_a_result_that_can_not_be_committed_is_committed_later(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.queue, "finish", failing(ledger.queue.finish, RetryableError("database is locked"), 5))
    (job,) = await floor.ended(await floor.submit())
    assert (job.state, job.attempt, len(job.pictures)) == ("done", 1, 1)


async def test_a_commit_that_counted_although_it_failed_keeps_its_files(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, spoiled = floor.database.write, [True]

    async def unsure(operation: Any) -> Any:
        done = await write(operation)
        if done is True and spoiled[0]:
            spoiled[0] = False
            raise RetryableError("disk I/O error")
        return done

    monkeypatch.setattr(floor.database, "write", unsure)
    (job,) = await floor.ended(await floor.submit())
    other = await floor.ended(await floor.submit("another"))
    assert not spoiled[0]
    assert job.state == "done"
    await floor.until(lambda: asyncio.sleep(0, (job.id, "done") in floor.changes))
    assert floor.files_on_disk() == {job.pictures[0].path, other[0].pictures[0].path}


async def test_a_bug_in_one_record_fails_that_job_only(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    from daemon.dispatch import recording

    real = recording.encode_png

    def encode(pixels: bytes, width: int, height: int, record: Any) -> bytes:
        if record.request.prompt == "unlucky":
            raise ValueError("a bug")
        return real(pixels, width, height, record)

    monkeypatch.setattr(recording, "encode_png", encode)
    unlucky, lucky = await floor.ended(await floor.submit("unlucky"), await floor.submit("lucky"))
    assert (unlucky.state, lucky.state) == ("failed", "done")


async def test_a_disk_that_does_not_say_how_much_is_free_stops_nothing_for_good(
    build: BuildFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storage.results import store

    def unreadable(_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    floor = build(start=False)
    monkeypatch.setattr(store.shutil, "disk_usage", unreadable)
    floor.start()
    await floor.until(lambda: asyncio.sleep(0, "disk" in floor.conditions.now))
    monkeypatch.undo()
    (job,) = await floor.ended(await floor.submit())
    assert job.state == "done"
    assert "disk" not in floor.conditions.now


async def test_nothing_is_started_while_space_is_short_and_it_goes_on_by_itself(
    build: BuildFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = build(start=False)
    free = [0]
    monkeypatch.setattr(floor.files, "free_bytes", lambda: free[0])
    floor.start()
    await floor.until(lambda: asyncio.sleep(0, "disk" in floor.conditions.now))
    job_id = await floor.submit()
    await floor.engine_pid()
    for _ in range(20):
        await asyncio.sleep(0.01)
    assert (await floor.job(job_id)).state == "queued"
    free[0] = 2**40
    (job,) = await floor.ended(job_id)
    assert job.state == "done"
    assert "disk" not in floor.conditions.now
