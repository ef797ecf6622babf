"""Whatever has a name after a power cut is whole. A kill can't show a mistake in that: the order of calls can.

Everything of ours that has to last is written once, its calls are noted, and fsync(file) < rename < fsync(directory)
must hold for every name; for a result, all of that comes before the COMMIT of its row.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from support.durable_calls import DIRECTORY, FILE, Call, recording, wrong
from support.folder_world import World
from support.queue_driver import QueueDriver, png

from pipeline.models.entry import ModelEntry
from pipeline.models.file import ModelsFile
from pipeline.models.pull import staging
from pipeline.request import Defaults
from storage import inputs
from storage.backup.copying import Going
from storage.backup.make import Source, make

Action = Callable[[], object]


class Scene:
    """A state directory, the calls that are noted, and what has to be closed."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.patch = patch
        self.calls: list[Call] = []
        self.closing = ExitStack()

    def queue(self) -> QueueDriver:
        q = QueueDriver(self.path)
        self.closing.callback(q.close)
        sa.event.listen(q.database._write_engine, "commit", lambda _: self.calls.append(Call("COMMIT")))
        return q


def a_result(scene: Scene) -> Action:
    q = scene.queue()
    q.enqueue()
    job = q.claim_one()
    return lambda: q.finish(job)


def an_input(scene: Scene) -> Action:
    return lambda: inputs.save(scene.path, png())


def the_models_file(scene: Scene) -> Action:
    entry = ModelEntry(name="a", path=scene.path / "a", family="sd15", sha256="0" * 64, defaults=Defaults())

    def add() -> None:
        with ModelsFile(scene.path / "models.json").changing() as entries:
            entries["a"] = entry

    return add


def a_fetched_model(scene: Scene) -> Action:
    def fetch() -> None:
        root = scene.path / "unfinished"
        (root / "unet").mkdir(parents=True)
        staging.write(root / "model_index.json", b"{}")
        staging.write(root / "unet" / "config.json", b"{}")
        staging.put_into_place(root, scene.path / "model")

    return fetch


def a_backup(scene: Scene) -> Action:
    q = scene.queue()
    for _ in range(2):
        q.enqueue()
        q.finish(q.claim_one())
    (scene.path / "models.json").write_text("{}")
    source = Source(
        state_dir=scene.path,
        database=scene.path / "mezzotint.db",
        models_file=scene.path / "models.json",
        config=b"# mine\n",
        config_in_state_dir=True,
    )
    return lambda: make(source, scene.path.with_name("backup"), Going())


def a_delivery(scene: Scene) -> Action:
    world = World(scene.path, None)
    world.drop("sub/a.txt")
    asyncio.run(world.settle())
    world.service.draw()
    return lambda: asyncio.run(world.service.deliver())


def a_done_order(scene: Scene) -> Action:
    return _an_ending(scene, "done")


def a_failed_order(scene: Scene) -> Action:
    return _an_ending(scene, "failed")


def _an_ending(scene: Scene, place: str) -> Action:
    """With ``place`` on another file system, where we write what the order holds ourselves."""
    world = World(scene.path, None)
    world.drop("sub/a.txt")
    asyncio.run(world.settle())
    [job] = world.service.draw()
    if place == "failed":
        world.service.end(job, "dead", SimpleNamespace(message="the engine died on it", hint=None))
    asyncio.run(world.service.deliver())
    _lie_apart(scene.patch)
    return lambda: asyncio.run(world.look(1))


def _lie_apart(patch: pytest.MonkeyPatch) -> None:
    rename = os.rename

    def across(source: Any, target: Any, *, src_dir_fd: Any = None, dst_dir_fd: Any = None) -> None:
        if src_dir_fd != dst_dir_fd:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    patch.setattr(os, "rename", across)


WRITERS = {
    a_result: 1,
    an_input: 1,
    the_models_file: 1,
    a_fetched_model: 1,
    a_backup: 1,
    a_delivery: 2,
    a_done_order: 1,
    a_failed_order: 2,
}
"""What is written, and how many names it gets by a rename: a record and its picture, a text and its order."""
every_writer = pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    made = Scene(tmp_path / "state", monkeypatch)
    made.path.mkdir(mode=0o700)
    with made.closing:
        yield made


def calls_of(scene: Scene, writer: Callable[[Scene], Action], ignore: str = "") -> list[Call]:
    action = writer(scene)
    scene.calls.clear()
    with recording(scene.calls, ignore):
        action()
    return list(scene.calls)


@every_writer
def test_all_is_synced_before_it_has_a_name_and_the_name_before_anything_builds_upon_it(
    scene: Scene, writer: Callable[[Scene], Action]
) -> None:
    calls = calls_of(scene, writer)
    said = [str(call) for call in calls]
    assert said.count("rename") == WRITERS[writer]
    assert said.index(FILE) < said.index("rename") < len(said) - 1 - said[::-1].index(DIRECTORY)
    assert wrong(calls) == [], said
    if writer is a_result:
        assert said[-4:] == [FILE, "rename", DIRECTORY, "COMMIT"]


@every_writer
@pytest.mark.parametrize("ignore", [FILE, DIRECTORY])
def test_a_sync_that_is_not_made_is_noticed(scene: Scene, writer: Callable[[Scene], Action], ignore: str) -> None:
    calls = calls_of(scene, writer, ignore)
    assert "rename" in map(str, calls)
    assert wrong(calls)


@every_writer
def test_a_sync_that_comes_too_late_or_too_early_is_noticed(scene: Scene, writer: Callable[[Scene], Action]) -> None:
    """The same calls with each rename put to the front, and to the end."""
    calls = calls_of(scene, writer)
    for place, call in enumerate(calls):
        if call.what == "rename":
            others = calls[:place] + calls[place + 1 :]
            assert wrong([call, *others])
            assert wrong([*others, call])


def test_a_file_that_is_written_to_after_its_sync_is_noticed(tmp_path: Path) -> None:
    calls: list[Call] = []
    with recording(calls):
        for tail in (b"", b"more"):
            descriptor = os.open(tmp_path / "part", os.O_WRONLY | os.O_CREAT)
            os.write(descriptor, b"most")
            os.fsync(descriptor)
            os.write(descriptor, tail)
            os.close(descriptor)
            os.rename(tmp_path / "part", tmp_path / "whole")
            directory = os.open(tmp_path, os.O_RDONLY)
            os.fsync(directory)
            os.close(directory)
    assert [text.partition(":")[2] for text in wrong(calls)] == [" a name for what was not synced as it is"]
