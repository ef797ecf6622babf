"""What the bot needs, judged before it is wanted."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from daemon.doctor.discord import check_discord


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.touch(mode=0o600)
    path.write_text("a.secret.token")
    return path


def test_nothing_is_said_of_a_bot_that_is_not_wanted(given: Any, found: Any) -> None:
    assert found(check_discord, given()) == {}


def test_a_file_with_the_token_is_looked_at_and_not_shown(given: Any, found: Any, token: Path) -> None:
    settings = given(discord={"enabled": True, "token_file": token})
    assert found(check_discord, settings)["discord token"].level == "ok"
    token.chmod(0o644)
    finding = found(check_discord, settings)["discord token"]
    assert (finding.level, "may be read by others" in finding.detail) == ("fail", True)
    assert "a.secret.token" not in str(finding)
    token.unlink()
    assert "there is no file" in found(check_discord, settings)["discord token"].detail


def test_the_credential_is_looked_for(given: Any, found: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(discord={"enabled": True})
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert found(check_discord, settings, of_service=tmp_path / "none")["discord token"].level == "warn"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert found(check_discord, settings)["discord token"].level == "fail"
    (tmp_path / "discord-token").write_text("x")
    assert found(check_discord, settings)["discord token"].level == "ok"


def test_a_library_that_is_missing_is_said(
    given: Any, found: Any, token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    finding = found(check_discord, given(discord={"enabled": True, "token_file": token}))["discord library"]
    assert (finding.level, finding.hint) == ("fail", 'pip install "mezzotint[discord]"')
