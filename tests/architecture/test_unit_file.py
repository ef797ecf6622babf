"""The unit of the service says what the daemon relies on."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import StopSettings


@pytest.fixture(scope="module")
def unit(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(root / "systemd" / "mezzotint.service")
    return parser


def test_systemd_finds_nothing_wrong_with_it(root: Path, tmp_path: Path) -> None:
    """The one thing changed is the path of the command, which must exist for the check."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here")
    text = (root / "systemd" / "mezzotint.service").read_text()
    command = Path(sys.executable).with_name("mezzotint")
    assert "/opt/mezzotint/bin/mezzotint" in text
    path = tmp_path / "mezzotint.service"
    path.write_text(text.replace("/opt/mezzotint/bin/mezzotint", str(command)))

    result = subprocess.run([analyze, "verify", "--man=no", path], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert "mezzotint.service" not in result.stderr


def test_ready_is_said_by_the_daemon_alone(unit: configparser.ConfigParser) -> None:
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["NotifyAccess"] == "main"


def test_a_wrong_configuration_is_not_tried_again(unit: configparser.ConfigParser) -> None:
    assert unit["Service"]["Restart"] == "on-failure"
    assert unit["Service"]["RestartPreventExitStatus"] == "78"


def test_systemd_waits_longer_than_the_daemon(unit: configparser.ConfigParser) -> None:
    assert unit["Service"]["KillMode"] == "mixed"
    assert unit["Service"]["TimeoutStopSec"] == "3min"
    assert StopSettings().grace_seconds < 180


def test_imports_of_the_service_are_safe(root: Path) -> None:
    text = (root / "systemd" / "mezzotint.service").read_text()

    for setting in ("PYTHONSAFEPATH=1", "PYTHONNOUSERSITE=1", "HF_HUB_OFFLINE=1"):
        assert setting in text


def test_the_service_is_not_told_to_forbid_what_torch_needs(unit: configparser.ConfigParser) -> None:
    assert "MemoryDenyWriteExecute" not in unit["Service"]
