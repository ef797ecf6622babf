"""The daemon that runs and what it says, and the engine it would draw with."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from config.errors import RetryableError
from daemon import lock
from daemon.device_probe import Devices, probe
from daemon.doctor import engine, running


def _status(*degraded: str, given_up: int = 0) -> dict[str, Any]:
    return {
        "daemon": {"state": "running"},
        "degraded": [{"what": what, "why": "no space", "heals": "free some", "since": "2026"} for what in degraded],
        "deliveries": {"waiting": 0, "given_up": given_up},
    }


def test_a_daemon_is_found_by_its_lock(given: Any, found: Any) -> None:
    settings = given()
    assert "no daemon runs" in found(running.check_daemon, settings)["daemon"].detail
    with lock.held(settings.lock_file):
        assert str(os.getpid()) in found(running.check_daemon, settings)["daemon"].detail


def test_what_the_daemon_calls_degraded_is_repeated(given: Any, found: Any) -> None:
    settings = given()
    settings.control_socket.touch()
    with lock.held(settings.lock_file):
        assert found(running.check_status, settings, ask=_status)["status"].level == "ok"
        findings = found(running.check_status, settings, ask=lambda: _status("disk", "engine", given_up=2))
    assert set(findings) == {"status: disk", "status: engine", "status: deliveries"}
    assert (findings["status: disk"].level, findings["status: disk"].hint) == ("warn", "free some")


def test_a_daemon_that_does_not_answer_is_a_fault_and_none_is_not(given: Any, found: Any) -> None:
    def silent() -> Any:
        raise RetryableError("nobody answers")

    settings = given()
    assert found(running.check_status, settings, ask=silent) == {}
    settings.control_socket.touch()
    assert found(running.check_status, settings, ask=silent) == {}
    with lock.held(settings.lock_file):
        assert found(running.check_status, settings, ask=silent)["status"].level == "fail"


def test_the_fake_engine_is_pointed_out(given: Any, found: Any) -> None:
    fake = given(engine={"kind": "fake"})
    assert found(engine.check_engine, fake)["engine"].level == "warn"
    assert found(engine.check_device, fake) == found(engine.check_engine, given()) == {}


@pytest.mark.parametrize(
    ("answer", "wanted", "level"),
    [
        (Devices(("cpu",), "torch 2"), "auto", "ok"),
        (Devices(("cpu", "cuda"), "torch 2"), "cuda:1", "ok"),
        (Devices(("cpu",), "torch 2"), "cuda", "fail"),
        (Devices(problem="No module named torch"), "auto", "fail"),
    ],
)
def test_the_device_is_compared_with_what_torch_finds(
    given: Any, found: Any, monkeypatch: pytest.MonkeyPatch, answer: Devices, wanted: str, level: str
) -> None:
    monkeypatch.setattr(engine, "probe", lambda: answer)
    assert found(engine.check_device, given(engine={"device": wanted}))["device"].level == level


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
def test_the_device_is_asked_in_a_child_and_torch_stays_out_of_this_process(given: Any, found: Any) -> None:
    loaded = "torch" in sys.modules
    finding = found(engine.check_device, given())["device"]
    assert finding.level == "ok"
    assert "torch" in finding.detail
    assert ("torch" in sys.modules) == loaded
    refused = found(engine.check_device, given(engine={"device": "tpu"}))["device"]
    assert refused.level == "fail"
    assert "cpu" in str(refused.hint)
