"""Whose things are, and who may use them: the state directory, the folders, the socket, the secrets."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from daemon import lock
from daemon.doctor import control_socket, credentials, folders, state_directory

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


# --- the state directory


def test_a_closed_state_directory_is_well(given: Any, found: Any) -> None:
    assert {each.level for each in found(state_directory.check_state_directory, given()).values()} == {"ok"}


def test_one_that_is_not_there_yet_must_be_makeable(given: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(made=False)
    assert found(state_directory.check_state_directory, settings)["state directory"].level == "ok"
    monkeypatch.setattr(state_directory.os, "access", lambda *_: False)
    assert found(state_directory.check_state_directory, settings)["state directory"].level == "fail"


def test_one_open_to_everybody_is_found(given: Any, found: Any) -> None:
    settings = given()
    settings.state_dir.chmod(0o755)
    finding = found(state_directory.check_state_directory, settings)["state directory"]
    assert (finding.level, finding.hint) == ("warn", f"chmod 700 {settings.state_dir}")


def test_one_that_may_not_be_written_is_found(given: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given()
    monkeypatch.setattr(state_directory.os, "access", lambda path, mode: mode != os.W_OK)
    finding = found(state_directory.check_state_directory, settings)["state directory"]
    assert finding.level == "fail"
    assert "may not write to it" in finding.detail


@as_root
def test_a_part_of_another_user_is_found_by_name(given: Any, found: Any) -> None:
    settings = given()
    settings.models_file.touch()
    os.chown(settings.models_file, 12345, -1)
    finding = found(state_directory.check_state_directory, settings)["state directory parts"]
    assert finding.level == "fail"
    assert "models.json" in finding.detail
    assert f"chown -hR root: {settings.models_file}" in str(finding.hint)


def test_a_part_that_anybody_may_write_is_found(given: Any, found: Any) -> None:
    settings = given()
    settings.pictures.chmod(0o777)
    finding = found(state_directory.check_state_directory, settings)["state directory parts"]
    assert (finding.level, finding.hint) == ("warn", f"chmod o-w {settings.pictures}")


# --- the watched folders


def _folder(path: Path) -> dict[str, Any]:
    return {"folders": [{"name": "inbox", "path": str(path)}]}


def test_a_folder_that_can_be_used_is_well(given: Any, found: Any, tmp_path: Path) -> None:
    assert found(folders.check_folders, given())["folder inbox"].level == "ok"
    assert found(folders.check_folders, given(watch_folder=_folder(tmp_path)))["folder inbox"].level == "ok"
    assert found(folders.check_folders, given(watch_folder={"enabled": False})) == {}


def test_a_named_folder_that_is_missing_is_found(given: Any, found: Any, tmp_path: Path) -> None:
    finding = found(folders.check_folders, given(watch_folder=_folder(tmp_path / "gone")))["folder inbox"]
    assert (finding.level, f"mkdir {tmp_path / 'gone'}" in str(finding.hint)) == ("fail", True)


@pytest.mark.parametrize(("closed", "level"), [("share", "fail"), ("outbox", "fail")])
def test_a_folder_that_may_not_be_used_is_found(
    given: Any, found: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str, level: str
) -> None:
    (tmp_path / "share").mkdir()
    settings = given(watch_folder=_folder(tmp_path / "share"))
    (settings.state_dir / "outbox").mkdir()
    monkeypatch.setattr(folders.os, "access", lambda path, mode: Path(path).name != closed)
    finding = found(folders.check_folders, settings)["folder inbox"]
    assert finding.level == level
    assert closed in finding.detail


def test_a_read_only_folder_is_allowed_and_told(
    given: Any, found: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "share").mkdir()
    settings = given(watch_folder=_folder(tmp_path / "share"))
    monkeypatch.setattr(folders.os, "access", lambda path, mode: Path(path).name != "share" or not mode & os.W_OK)
    assert found(folders.check_folders, settings)["folder inbox"].level == "warn"


def test_places_on_other_file_systems_are_found(given: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given()
    assert found(folders.check_moves, settings)["moves of inbox"].level == "ok"
    monkeypatch.setattr(folders, "_device", lambda path: int(path.name == "done"))
    finding = found(folders.check_moves, settings)["moves of inbox"]
    assert finding.level == "warn"
    assert finding.detail.endswith(f": {settings.state_dir / 'done'}")


# --- the control socket


def test_a_socket_path_that_is_too_long_is_found(found: Any, given: Any) -> None:
    settings = given(made=False, state_dir=f"/{'x' * 120}")
    assert found(control_socket.check_control_socket, settings)["control socket"].level == "fail"
    assert found(control_socket.check_control_socket, given())["control socket"].level == "ok"


def test_a_daemon_that_runs_but_does_not_answer_is_found(given: Any, found: Any) -> None:
    settings = given()
    look = control_socket.check_control_socket
    with lock.held(settings.lock_file):
        assert found(look, settings)["control socket"].detail == "a daemon runs but has no socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(settings.control_socket))
            assert found(look, settings)["control socket"].level == "fail"
            listener.listen()
            assert found(look, settings)["control socket"].detail == "the daemon answers"
    assert "the next one replaces it" in found(look, settings)["control socket"].detail


def test_a_socket_open_to_everybody_and_one_closed_to_this_user_are_found(
    given: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = given()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(settings.control_socket))
        listener.listen()
        settings.control_socket.chmod(0o660)
        assert found(control_socket.check_control_socket, settings)["control socket rights"].level == "ok"
        settings.control_socket.chmod(0o606)
        assert found(control_socket.check_control_socket, settings)["control socket rights"].level == "warn"
        monkeypatch.setattr(control_socket, "_refused", lambda _: PermissionError(13, "Permission denied"))
        finding = found(control_socket.check_control_socket, settings)["control socket"]
    assert (finding.level, str(finding.hint).startswith("sudo -u ")) == ("warn", True)


@as_root
def test_the_group_of_a_socket_is_named_to_whoever_may_not_use_it(
    given: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = given()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(settings.control_socket))
        os.chown(settings.control_socket, -1, 12345)
        settings.control_socket.chmod(0o660)
        monkeypatch.setattr(control_socket, "_refused", lambda _: PermissionError(13, "Permission denied"))
        finding = found(control_socket.check_control_socket, settings)["control socket"]
    assert str(finding.hint).startswith("sudo usermod -aG 12345 ")


# --- secrets


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "credentials"
    directory.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(directory))
    return directory


def _secret(directory: Path, name: str, mode: int, text: str = "a secret") -> None:
    (directory / name).write_text(text)
    (directory / name).chmod(mode)


def test_each_secret_is_looked_at_and_none_is_shown(given: Any, found: Any, secrets: Path) -> None:
    _secret(secrets, "good", 0o600)
    _secret(secrets, "open", 0o644)
    _secret(secrets, "empty", 0o600, "\n")
    _secret(secrets, "Not A Name", 0o600)
    findings = found(credentials.check_credentials, given())
    levels = {name.removeprefix("credential "): finding.level for name, finding in findings.items()}
    assert levels == {"good": "ok", "open": "fail", "empty": "fail", "Not A Name": "warn"}
    assert "(0600)" in findings["credential good"].detail
    assert "a secret" not in str(findings)


def test_without_secrets_nothing_is_said(
    given: Any, found: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert found(credentials.check_credentials, given(), of_service=tmp_path / "none") == {}
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "none"))
    assert found(credentials.check_credentials, given())["credentials"].level == "warn"


def test_a_host_that_is_listed_without_a_secret_is_found(
    given: Any, found: Any, secrets: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert found(credentials.check_webhooks, given()) == {}
    hosts = [{"name": "a.example"}, {"name": "b.example"}, {"name": "c.example", "signed_with": "other"}]
    settings = given(webhooks={"hosts": hosts})
    _secret(secrets, "webhook-secret", 0o600, "whsec_" + "QUJD" * 10)
    _secret(secrets, "other", 0o600, "a password")
    findings = found(credentials.check_webhooks, settings)
    assert {name: each.level for name, each in findings.items()} == {
        "webhook secret other": "fail",
        "webhook secret webhook-secret": "ok",
    }
    assert "a.example, b.example" in findings["webhook secret webhook-secret"].detail
    assert "c.example" in findings["webhook secret other"].detail
    assert "a password" not in str(findings)
    (secrets / "webhook-secret").unlink()
    finding = found(credentials.check_webhooks, settings)["webhook secret webhook-secret"]
    assert (finding.level, "is not there" in finding.detail) == ("fail", True)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    found_outside = found(credentials.check_webhooks, settings, of_service=tmp_path / "none")
    assert {each.level for each in found_outside.values()} == {"warn"}
