"""All checks together: on a well machine, on a bare one, for somebody who may not look, and beside a daemon."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from support.live_daemon import LiveDaemon

from config.settings import Settings
from daemon import directories, doctor
from daemon.doctor import disk

NOBODY = 65534


def test_a_well_machine_fails_nothing(given: Any) -> None:
    findings = doctor.examine(given(), device=False)
    assert [finding for finding in findings if finding.level == "fail"] == []
    assert all(finding.hint for finding in findings if finding.level != "ok")
    assert {
        *("daemon", "clock", "time synchronisation", "time zone", "state directory", "disk", "inodes", "fsync"),
        *("file system", "database", "sqlite", "libraries", "folder inbox", "moves of inbox", "inotify"),
        *("open files", "memory", "model starter", "quarantine", "unfinished files", "control socket"),
    } <= {finding.name for finding in findings}


def test_looking_makes_and_changes_nothing(given: Any, tmp_path: Path) -> None:
    settings = given(made=False)
    doctor.examine(settings, device=False)
    assert not settings.state_dir.exists()
    given()
    before = sorted(tmp_path.rglob("*"))
    doctor.examine(settings, device=False, thorough=True)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_check_that_can_not_look_says_so_and_the_others_still_look(
    given: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> float:
        raise PermissionError(13, "Permission denied", str(path))

    def broken(path: Path) -> float:
        raise ZeroDivisionError("no reason")

    for fault, says in ((refused, "may not look at it"), (broken, "no reason (ZeroDivisionError)")):
        monkeypatch.setattr(disk, "fsync_ms", fault)
        findings = {finding.name: finding for finding in doctor.examine(given(), device=False)}
        assert findings["fsync"].level == "warn"
        assert says in findings["fsync"].detail
        assert findings["fsync"].hint
        assert findings["open files"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look as somebody else")
def test_somebody_who_may_not_look_is_told_so_check_by_check() -> None:
    with tempfile.TemporaryDirectory() as above:  # the directories of the tests are closed further up
        Path(above).chmod(0o755)
        settings = Settings(state_dir=Path(above) / "state")
        directories.make(settings)
        said = _as_nobody(settings)
    assert said["state directory"]["level"] == "fail"
    assert "nobody may not look into it" in said["state directory"]["detail"]
    assert "sudo -u root mezzotint doctor" in said["state directory"]["hint"]
    assert said["daemon"]["level"] == said["database"]["level"] == "warn"
    assert "may not look" in said["unfinished files"]["detail"]
    assert said["open files"]["level"] == said["clock"]["level"] == "ok"


def _as_nobody(settings: Settings) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        code = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            findings = doctor.examine(settings, device=False)
            view = {each.name: {"level": each.level, "detail": each.detail, "hint": each.hint} for each in findings}
            os.write(writing, json.dumps(view).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    found: dict[str, Any] = json.loads(said)
    return found


def test_beside_a_daemon_the_command_looks_at_its_database_and_repeats_what_it_says(tmp_path: Path) -> None:
    live = LiveDaemon(tmp_path / "state", {"MEZZOTINT_STORAGE__MIN_FREE_BYTES": str(2**60)})
    live.start()
    try:
        live.until(lambda: any(live.status()["degraded"]), 30, "it finds the disk too full")
        done = live.command_line("doctor", "--json")
    finally:
        live.stop()
    assert (done.returncode, done.stderr) == (1, "")
    document = json.loads(done.stdout)
    assert set(document) == {"ok", "findings"}
    assert all(set(each) == {"name", "level", "detail", "hint"} for each in document["findings"])
    said = {each["name"]: each for each in document["findings"]}
    assert said["daemon"]["detail"] == f"a daemon runs (pid {live.pid})"
    assert said["control socket"]["detail"] == "the daemon answers"
    assert "every page is whole" in said["database"]["detail"]
    assert [name for name in said if name.startswith("status: ")]
    assert said["engine"]["level"] == "warn"
