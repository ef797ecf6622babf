"""What systemd adds: hardening and watchdog of the daemon that runs, and the unit that is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon import lock
from daemon.doctor import service

HELD = {"NoNewPrivs": "1", "Seccomp": "2", "CapBnd": "0000000000000000"}


@pytest.fixture
def settings(given: Any) -> Iterator[Any]:
    """With a daemon that runs: this process."""
    made = given()
    with lock.held(made.lock_file):
        yield made


def _proc(directory: Path, *, cgroup: str = "0::/system.slice/mezzotint.service\n", **status: str) -> Path:
    own = directory / "proc" / str(os.getpid())
    own.mkdir(parents=True, exist_ok=True)
    (own / "cgroup").write_text(cgroup)
    (own / "status").write_text("".join(f"{key}:\t{value}\n" for key, value in {**HELD, **status}.items()))
    return directory / "proc"


def test_a_daemon_held_by_its_unit_is_well(settings: Any, found: Any, tmp_path: Path) -> None:
    assert found(service.check_hardening, settings, proc=_proc(tmp_path))["hardening"].level == "ok"


@pytest.mark.parametrize(
    ("status", "lacking"),
    [
        ({"NoNewPrivs": "0"}, "NoNewPrivileges"),
        ({"Seccomp": "0"}, "SystemCallFilter"),
        ({"CapBnd": "000001ffffffffff"}, "CapabilityBoundingSet"),
    ],
)
def test_hardening_that_is_not_in_force_is_named(
    settings: Any, found: Any, tmp_path: Path, status: dict[str, str], lacking: str
) -> None:
    finding = found(service.check_hardening, settings, proc=_proc(tmp_path, **status))["hardening"]
    assert (finding.level, finding.detail) == ("warn", f"not in force: {lacking}")


def test_a_daemon_of_a_terminal_is_not_judged_by_the_unit(settings: Any, found: Any, tmp_path: Path) -> None:
    proc = _proc(tmp_path, cgroup="0::/user.slice\n", Seccomp="0")
    assert found(service.check_hardening, settings, proc=proc)["hardening"].level == "ok"
    assert found(service.check_watchdog, settings, proc=proc) == {}


def test_without_a_daemon_nothing_is_said_of_it(given: Any, found: Any) -> None:
    assert found(service.check_hardening, given()) == found(service.check_watchdog, given()) == {}


@pytest.mark.parametrize(
    ("environ", "level"),
    [
        (b"NOTIFY_SOCKET=/run/n\0WATCHDOG_USEC=60000000\0", "ok"),
        (b"NOTIFY_SOCKET=/run/n\0", "warn"),
        (b"WATCHDOG_USEC=60000000\0", "warn"),
        (b"", "warn"),
    ],
)
def test_a_service_without_a_watchdog_is_found(
    settings: Any, found: Any, tmp_path: Path, environ: bytes, level: str
) -> None:
    proc = _proc(tmp_path)
    (proc / str(os.getpid()) / "environ").write_bytes(environ)
    assert found(service.check_watchdog, settings, proc=proc)["watchdog"].level == level


# --- the unit


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """The unit as it is shipped, with a command that is there."""
    directory = tmp_path / "system"
    directory.mkdir()
    shipped = Path(__file__).resolve().parents[3] / "systemd" / "mezzotint.service"
    (directory / "mezzotint.service").write_text(shipped.read_text().replace("/opt/mezzotint/bin/mezzotint", "/bin/sh"))
    return directory


def _drop_in(system: Path, text: str) -> None:
    (system / "mezzotint.service.d").mkdir(exist_ok=True)
    (system / "mezzotint.service.d" / "own.conf").write_text(f"[Service]\n{text}\n")


def test_the_shipped_unit_has_all_that_is_relied_on(given: Any, found: Any, system: Path) -> None:
    assert found(service.check_unit, given(), system=system)["unit"].level == "ok"
    assert found(service.check_unit, given(), system=system / "none") == {}


@pytest.mark.parametrize(
    ("removed", "lacking"),
    [
        ("Type=notify", "Type=notify"),
        ("WatchdogSec=60", "WatchdogSec=60"),
        ("RestartPreventExitStatus=78", "RestartPreventExitStatus=78"),
        ("KillMode=mixed", "KillMode=mixed"),
    ],
)
def test_an_older_unit_is_found(given: Any, found: Any, system: Path, removed: str, lacking: str) -> None:
    unit = system / "mezzotint.service"
    assert removed in unit.read_text()
    unit.write_text(unit.read_text().replace(removed, ""))
    finding = found(service.check_unit, given(), system=system)["unit"]
    assert (finding.level, finding.detail.endswith(f"it lacks: {lacking}")) == ("warn", True), finding


def test_a_drop_in_counts_and_the_time_to_stop_is_compared(given: Any, found: Any, system: Path) -> None:
    slow = given(stop={"grace_seconds": 300})
    assert "TimeoutStopSec=320 or more" in found(service.check_unit, slow, system=system)["unit"].detail
    _drop_in(system, "TimeoutStopSec=5min 30s")
    assert found(service.check_unit, slow, system=system)["unit"].level == "ok"
    _drop_in(system, "TimeoutStopSec=infinity")
    assert found(service.check_unit, slow, system=system)["unit"].level == "ok"
    _drop_in(system, "NoNewPrivileges=no")
    assert "NoNewPrivileges=yes" in found(service.check_unit, given(), system=system)["unit"].detail


def test_a_unit_that_starts_what_is_not_there_is_found(given: Any, found: Any, system: Path) -> None:
    _drop_in(system, "ExecStart=\nExecStart=/opt/gone/mezzotint run")
    assert found(service.check_unit, given(), system=system)["unit"].level == "fail"
    shutil.rmtree(system / "mezzotint.service.d")
    assert found(service.check_unit, given(), system=system)["unit"].level == "ok"
