"""What the doctor finds on well and on sick machines."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from daemon import directories, doctor, lock
from daemon.device_probe import probe


def _settings(tmp_path: Path, **sections: Any) -> Settings:
    return Settings.model_validate({"state_dir": tmp_path / "state", **sections})


def _levels(settings: Settings) -> dict[str, str]:
    return {finding.name: finding.level for finding in doctor.examine(settings, device=False)}


def test_a_well_machine_fails_nothing(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    directories.make(settings)
    findings = doctor.examine(settings, device=False)
    assert [finding for finding in findings if finding.level == "fail"] == []
    assert {"daemon", "clock", "state directory", "disk", "fsync", "sqlite", "control socket", "inotify"} <= {
        finding.name for finding in findings
    }


def test_looking_makes_and_changes_nothing(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    doctor.examine(settings, device=False)
    assert not settings.state_dir.exists()
    directories.make(settings)
    before = sorted(tmp_path.rglob("*"))
    doctor.examine(settings, device=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_wrong_clock_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.time, "time", lambda: 1_000_000_000.0)
    assert _levels(_settings(tmp_path))["clock"] == "fail"


def test_a_clock_behind_the_database_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(tmp_path)
    directories.make(settings)
    settings.database.touch()
    real = doctor.time.time()
    monkeypatch.setattr(doctor.time, "time", lambda: real - 7200)
    assert _levels(settings)["clock"] == "warn"


def test_a_full_disk_is_found(tmp_path: Path) -> None:
    assert _levels(_settings(tmp_path, storage={"min_free_bytes": 2**60}))["disk"] == "fail"


def test_a_state_directory_open_to_everybody_is_found(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    directories.make(settings)
    settings.state_dir.chmod(0o755)
    assert _levels(settings)["state directory"] == "warn"


def test_a_socket_path_that_is_too_long_is_found(tmp_path: Path) -> None:
    assert _levels(_settings(tmp_path / ("x" * 100)))["control socket"] == "fail"


def test_a_daemon_that_runs_but_does_not_answer_is_found(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    directories.make(settings)
    with lock.held(settings.lock_file):
        assert _levels(settings)["control socket"] == "fail"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(settings.control_socket))
            listener.listen()
            assert _levels(settings)["control socket"] == "ok"


def test_an_old_sqlite_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import storage.database

    monkeypatch.setattr(storage.database, "sqlite_version", lambda: (3, 40, 1))
    assert _levels(_settings(tmp_path))["sqlite"] == "warn"
    monkeypatch.setattr(storage.database, "sqlite_version", lambda: (3, 51, 3))
    assert _levels(_settings(tmp_path))["sqlite"] == "ok"


def test_a_check_that_can_not_look_says_so_and_the_others_still_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> float:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor, "_fsync_ms", refused)
    levels = _levels(_settings(tmp_path))
    assert levels["fsync"] == "warn"
    assert levels["inotify"] in ("ok", "warn")


def test_the_fake_engine_is_pointed_out(tmp_path: Path) -> None:
    (finding,) = doctor.check_device(_settings(tmp_path, engine={"kind": "fake"}))
    assert finding.level == "warn"


def test_an_interpreter_without_torch_is_said_so_and_a_silent_one_is_left(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'No module named torch' >&2; exit 1\n")
    broken.chmod(0o755)
    assert "No module named torch" in str(probe(str(broken)).problem)
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 30\n")
    silent.chmod(0o755)
    assert "did not answer" in str(probe(str(silent), seconds=0.2).problem)


@pytest.mark.slow
@pytest.mark.engine
def test_the_device_is_asked_in_a_child_and_torch_stays_out_of_this_process(tmp_path: Path) -> None:
    loaded = "torch" in sys.modules
    (finding,) = doctor.check_device(_settings(tmp_path))
    assert finding.level == "ok"
    assert "torch" in finding.detail
    assert ("torch" in sys.modules) == loaded
    (refused,) = doctor.check_device(_settings(tmp_path, engine={"device": "tpu"}))
    assert refused.level == "fail"
    assert "cpu" in str(refused.hint)
