"""A file is durable before a row names it, or not there at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.queue_driver import png

from config.errors import NotFoundError, RetryableError
from storage import inputs
from storage.results.files import write_durably
from storage.results.store import PictureFiles, path_of

ID = "06h0q3d0g6bm49vd"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", ["write", "fsync file", "replace", "fsync directory"])
def test_a_failing_disk_leaves_nothing_and_it_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    files = PictureFiles(tmp_path)
    files.save("06h0q3d0g6bm40vd", png())  # the directories are there
    name, _, wanted = call.partition(" ")
    real: Callable[..., Any] = getattr(os, name)

    def fail(*given: Any) -> Any:
        if name == "fsync" and Path(os.readlink(f"/proc/self/fd/{given[0]}")).is_dir() != (wanted == "directory"):
            return real(*given)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(RetryableError, match=os.strerror(number)):
        files.save(ID, png())
    monkeypatch.undo()
    assert not list(tmp_path.rglob(f"{ID}*"))
    assert files.read(files.save(ID, png())) == png()


def test_a_picture_lies_under_the_random_end_of_its_id_for_its_owner_only(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path)
    path = files.save(ID, b"x")
    assert path == f"pictures/vd/{ID}.png"
    assert (tmp_path / path).stat().st_mode & 0o777 == 0o600
    files.discard(path)
    files.discard(path)
    with pytest.raises(NotFoundError):
        files.read(path)
    assert files.free_bytes() > 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "06h0q3d0g6bm49v/", "", "06H0Q3D0G6BM49VD"])
def test_only_our_own_ids_become_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a picture id"):
        path_of(name)
    with pytest.raises(ValueError, match="not the path"):
        PictureFiles(tmp_path).read(f"pictures/vd/{name}.png")


def test_a_long_write_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    write_durably(tmp_path / "a", bytes(range(100)))
    assert (tmp_path / "a").read_bytes() == bytes(range(100))


def test_an_input_is_kept_once_by_its_content_and_a_torn_one_is_mended(tmp_path: Path) -> None:
    digest = inputs.save(tmp_path, png())
    assert inputs.save(tmp_path, png()) == digest
    assert [path.name for path in (tmp_path / "inputs").iterdir()] == [f"{digest}.png"]
    (tmp_path / "inputs" / f"{digest}.png").write_bytes(b"torn")
    assert inputs.save(tmp_path, png()) == digest
    assert inputs.load(tmp_path, digest) == png()
    for name in ("0" * 64, "../../etc/passwd"):
        with pytest.raises(NotFoundError):
            inputs.load(tmp_path, name)
