"""``mezzotint doctor`` as it is typed."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from config.settings import Settings
from daemon import directories, doctor, lock
from daemon.cli.commands.doctor import PATIENCE_SECONDS
from daemon.doctor import Finding


def test_findings_are_told_with_what_to_do(mezzotint: Any) -> None:
    done = mezzotint("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok    daemon: no daemon runs for this state directory\n" in done.stdout
    assert "warn  engine: the fake one is configured: it draws test pictures\n      engine.kind" in done.stdout


def test_the_document_has_the_same_keys_whatever_is_found(mezzotint: Any, state_dir: Any) -> None:
    well = json.loads(mezzotint("doctor", "--json").stdout)
    assert well["ok"] is True
    ill = mezzotint("doctor", "--json", MEZZOTINT_STORAGE__MIN_FREE_BYTES=str(2**60))
    assert ill.returncode == 1
    assert json.loads(ill.stdout)["ok"] is False
    for document in (well, json.loads(ill.stdout)):
        assert set(document) == {"ok", "findings"}
        for finding in document["findings"]:
            assert set(finding) == {"name", "level", "detail", "hint"}
            assert finding["level"] == "ok" or finding["hint"]
    assert not state_dir.exists()


def test_a_wrong_configuration_is_a_finding_and_the_machine_is_looked_at_all_the_same(mezzotint: Any) -> None:
    done = mezzotint("doctor", "--json", MEZZOTINT_QUEUE__MAX_ATTEMPTS="0", MEZZOTINT_NONSENSE="1")
    assert (done.returncode, done.stderr) == (1, "")
    findings = json.loads(done.stdout)["findings"]
    wrong = [each for each in findings if each["name"] == "configuration"]
    assert {each["detail"].partition(":")[0] for each in wrong} == {
        "MEZZOTINT_QUEUE__MAX_ATTEMPTS",
        "MEZZOTINT_NONSENSE",
    }
    assert all(each["hint"] for each in wrong)
    assert {"clock", "disk", "state directory"} <= {each["name"] for each in findings}


def test_every_byte_is_read_only_when_that_is_asked_for(mezzotint: Any, monkeypatch: Any) -> None:
    asked: list[bool] = []

    def examine(*_: Any, thorough: bool, **__: Any) -> list[Finding]:
        asked.append(thorough)
        return []

    monkeypatch.setattr(doctor, "examine", examine)
    assert mezzotint("doctor").returncode == mezzotint("doctor", "--thorough").returncode == 0
    assert asked == [False, True]


def test_a_daemon_that_accepts_and_never_answers_holds_the_doctor_up_for_a_moment_only(
    mezzotint: Any, state_dir: Any, monkeypatch: Any
) -> None:
    assert PATIENCE_SECONDS < 10
    monkeypatch.setattr("daemon.cli.commands.doctor.PATIENCE_SECONDS", 0.2)
    settings = Settings(state_dir=state_dir)
    directories.make(settings)
    with lock.held(settings.lock_file), socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(settings.control_socket))
        silent.listen()
        began = time.monotonic()
        findings = json.loads(mezzotint("doctor", "--json").stdout)["findings"]
    assert time.monotonic() - began < 30
    (status,) = [each for each in findings if each["name"] == "status"]
    assert (status["level"], "did not answer" in status["detail"]) == ("fail", True)
