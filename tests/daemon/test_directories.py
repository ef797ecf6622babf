"""The state directory at start."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config.errors import FatalError
from config.settings import Settings
from daemon import directories


def test_the_state_directory_is_made_for_its_own_user_alone(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "deep" / "state")
    directories.make(settings)
    directories.make(settings)
    for path in (settings.state_dir, settings.pictures, settings.inputs, settings.control_socket.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert [each.name for each in settings.state_dir.iterdir() if each.is_file()] == []


def test_a_state_directory_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(FatalError, match="can't be used"):
        directories.make(Settings(state_dir=tmp_path / "state"))


def test_a_state_directory_that_anybody_may_write_to_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o777)
    with pytest.raises(FatalError, match="anybody may write"):
        directories.make(Settings(state_dir=state))
