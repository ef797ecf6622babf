"""The unit of the service says what the daemon relies on, and forbids what it does not need."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import sources
from config.settings import StopSettings
from daemon.daemon import FLUSH_SECONDS, MARGIN_SECONDS

EXPOSURE = "20"
"""The most that ``systemd-analyze security`` may say, in tenths: 2.0 of 10."""


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    return found


@pytest.fixture(scope="module")
def unit(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(root / "systemd" / "mezzotint.service")
    return parser


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``make install-service`` puts into a tree of its own, with a program where the unit expects one."""
    tree = tmp_path_factory.mktemp("root")
    done = subprocess.run(
        ["make", "-C", str(root), "install-service", f"DESTDIR={tree}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for command in (tree / "opt" / "mezzotint" / "bin" / "mezzotint", tree / "bin" / "kill"):
        command.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sys.executable, command)
    for name in ("basic.target", "network-online.target", "sysinit.target", "multi-user.target", "shutdown.target"):
        (tree / "etc" / "systemd" / "system" / name).write_text("[Unit]\nDescription=stands in\n")
    return tree


def test_systemd_finds_nothing_wrong_with_it(installed: Path) -> None:
    analyze = tool("systemd-analyze")
    (installed / "usr" / "bin").mkdir(parents=True, exist_ok=True)
    shutil.copy(sys.executable, installed / "usr" / "bin" / "systemd-tmpfiles")
    result = subprocess.run(
        [analyze, "verify", "--man=no", f"--root={installed}", "mezzotint.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "mezzotint.service" not in result.stderr


def test_what_it_could_reach_is_little(installed: Path) -> None:
    result = subprocess.run(
        [
            *(tool("systemd-analyze"), "security", "--offline=true", f"--threshold={EXPOSURE}"),
            installed / "etc" / "systemd" / "system" / "mezzotint.service",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_measure_would_notice_an_open_unit(installed: Path, tmp_path: Path) -> None:
    text = (installed / "etc" / "systemd" / "system" / "mezzotint.service").read_text()
    bare = "\n".join(line for line in text.splitlines() if not line.startswith(("Protect", "Restrict", "SystemCall")))
    (tmp_path / "bare.service").write_text(bare)
    command = [tool("systemd-analyze"), "security", "--offline=true", f"--threshold={EXPOSURE}"]
    result = subprocess.run([*command, tmp_path / "bare.service"], capture_output=True, check=False)
    assert result.returncode != 0


def test_its_user_and_its_directories_are_understood(installed: Path, root: Path) -> None:
    """The operators' group owns the directory of the socket and hands itself on to it."""
    assert "mezzotint" in (installed / "etc" / "passwd").read_text(), "systemd-sysusers made the user"
    done = subprocess.run(
        [tool("systemd-tmpfiles"), f"--root={installed}", "--create", "mezzotint.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Failed to parse" not in done.stderr, done.stderr
    (line,) = [
        line
        for line in (root / "systemd" / "mezzotint.tmpfiles.conf").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert line.split() == ["d", "/run/mezzotint", "2750", "mezzotint", "mezzotint-operators", "-"]


def test_operators_need_no_environment(installed: Path, tmp_path: Path) -> None:
    """The installed settings say where state and socket are."""
    settings = sources.load(environ={"HOME": str(tmp_path)}, system=installed / "etc" / "mezzotint" / "config.toml")
    assert settings.state_dir == Path("/var/lib/mezzotint")
    assert settings.control_socket == Path("/run/mezzotint/control.sock")
    assert settings.http.socket_mode == "0660"


def test_installing_again_keeps_what_the_operator_set(root: Path, tmp_path: Path) -> None:
    command = ["make", "-C", str(root), "install-service", f"DESTDIR={tmp_path}"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    settings = tmp_path / "etc" / "mezzotint" / "config.toml"
    settings.write_text("[queue]\nmax_attempts = 7\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert settings.read_text() == "[queue]\nmax_attempts = 7\n"
    command[3] = "uninstall-service"
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert settings.exists()
    assert not (tmp_path / "etc" / "systemd" / "system" / "mezzotint.service").exists()


def test_the_drop_ins_change_nothing_as_they_are(root: Path) -> None:
    found = sorted((root / "systemd" / "drop-ins").glob("*.conf"))
    assert {path.name for path in found} >= {"credentials.conf", "shared-folder.conf", "local-only.conf"}
    for path in found:
        said = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
        assert said == ["[Service]"], path


def test_ready_is_said_by_the_daemon_alone(unit: configparser.ConfigParser) -> None:
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["NotifyAccess"] == "main"


def test_a_hung_daemon_is_ended_and_a_reload_is_a_hangup(unit: configparser.ConfigParser) -> None:
    assert unit["Service"]["WatchdogSec"] == "60"
    assert unit["Service"]["ExecReload"].endswith("kill -HUP $MAINPID")


def test_a_wrong_configuration_is_not_tried_again(unit: configparser.ConfigParser) -> None:
    assert unit["Service"]["Restart"] == "on-failure"
    assert unit["Service"]["RestartPreventExitStatus"] == "78"


def test_systemd_waits_longer_than_the_daemon(unit: configparser.ConfigParser) -> None:
    assert unit["Service"]["KillMode"] == "mixed"
    assert unit["Service"]["TimeoutStopSec"] == "3min"
    assert StopSettings().grace_seconds + FLUSH_SECONDS + MARGIN_SECONDS < 180


def test_imports_of_the_service_are_safe(root: Path) -> None:
    text = (root / "systemd" / "mezzotint.service").read_text()

    for setting in ("PYTHONSAFEPATH=1", "PYTHONNOUSERSITE=1", "HF_HUB_OFFLINE=1"):
        assert setting in text


def test_the_service_is_not_told_to_forbid_what_torch_needs(unit: configparser.ConfigParser) -> None:
    assert "MemoryDenyWriteExecute" not in unit["Service"]
    assert "PrivateDevices" not in unit["Service"]
