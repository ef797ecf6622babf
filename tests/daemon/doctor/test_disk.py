"""The disk under the state directory."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from config import mounts
from daemon.doctor import disk


def test_room_is_measured_against_the_floor(given: Any, found: Any) -> None:
    assert found(disk.check_disk, given(storage={"min_free_bytes": 1}))["disk"].level == "ok"
    assert found(disk.check_disk, given(storage={"min_free_bytes": 2**60}))["disk"].level == "fail"
    figures = os.statvfs("/tmp")
    near = figures.f_bavail * figures.f_frsize // 2
    assert found(disk.check_disk, given(storage={"min_free_bytes": near}))["disk"].level == "warn"


@pytest.mark.parametrize(
    ("total", "left", "level"), [(0, 0, "ok"), (1_000_000, 500_000, "ok"), (1_000_000, 9_999, "warn")]
)
def test_a_disk_full_of_names_is_found(
    given: Any, found: Any, monkeypatch: pytest.MonkeyPatch, total: int, left: int, level: str
) -> None:
    settings = given()
    monkeypatch.setattr(disk.os, "statvfs", lambda _: SimpleNamespace(f_files=total, f_favail=left))
    assert found(disk.check_inodes, settings)["inodes"].level == level


def test_a_slow_disk_is_found(given: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for took, level in ((1.0, "ok"), (900.0, "warn")):
        monkeypatch.setattr(disk, "fsync_ms", lambda _, took=took: took)
        assert found(disk.check_fsync, given())["fsync"].level == level


def test_a_flush_is_really_measured(tmp_path: Path) -> None:
    assert disk.fsync_ms(tmp_path) > 0
    assert list(tmp_path.iterdir()) == []


def test_network_file_systems_are_found(given: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(watch_folder={"folders": [{"name": "inbox", "path": "/share/in"}]})
    assert found(disk.check_file_system, given())["file system"].level == "ok"
    monkeypatch.setattr(mounts, "kind_of", lambda path: "nfs4" if path.is_relative_to("/share") else "ext4")
    findings = found(disk.check_file_system, settings)
    assert (findings["file system"].level, findings["file system of inbox"].level) == ("ok", "warn")
    monkeypatch.setattr(mounts, "kind_of", lambda path: "cifs")
    assert found(disk.check_file_system, settings)["file system"].level == "fail"
