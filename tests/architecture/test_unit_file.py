"""The unit of the service says what the daemon relies on, and forbids what it does not need."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from config.settings import StopSettings, WebhookHost
from daemon.stop import FLUSH_SECONDS, MARGIN_SECONDS, SERVICE_SECONDS
from frontends.webhooks.signing import OLD


@pytest.fixture(scope="module")
def unit(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(root / "systemd" / "mezzotint.service")
    return parser


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
    assert StopSettings().grace_seconds + FLUSH_SECONDS + MARGIN_SECONDS < SERVICE_SECONDS == 180


def test_imports_of_the_service_are_safe(root: Path) -> None:
    text = (root / "systemd" / "mezzotint.service").read_text()

    for setting in ("PYTHONSAFEPATH=1", "PYTHONNOUSERSITE=1", "HF_HUB_OFFLINE=1"):
        assert setting in text


def test_the_service_is_not_told_to_forbid_what_torch_needs(unit: configparser.ConfigParser) -> None:
    assert "MemoryDenyWriteExecute" not in unit["Service"]
    assert "PrivateDevices" not in unit["Service"]


def test_listed_hosts_can_be_told_and_a_drop_in_forbids_all_others(unit: configparser.ConfigParser, root: Path) -> None:
    assert unit["Service"]["RestrictAddressFamilies"].split() == ["AF_UNIX", "AF_INET", "AF_INET6"]
    assert "IPAddressDeny" not in unit["Service"]
    assert "#IPAddressDeny=any" in (root / "systemd" / "drop-ins" / "local-only.conf").read_text()


def test_the_credentials_that_are_shown_are_those_that_are_read(root: Path) -> None:
    shown = (root / "systemd" / "drop-ins" / "credentials.conf").read_text()
    name = WebhookHost(name="hooks.example").signed_with
    for credential in (name, name + OLD):
        assert f"#LoadCredential={credential}:" in shown
