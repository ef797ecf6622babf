"""Which of file and environment wins, and where the file is looked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config import sources, state_directory


def test_without_a_file_and_variables_everything_has_its_default(configuration: Any) -> None:
    settings = configuration.load()

    assert settings.queue.max_attempts == 3
    assert settings.database == configuration.state_dir / "mezzotint.db"
    assert [folder.name for folder in settings.watch_folder.folders] == ["inbox"]


def test_a_variable_wins_over_the_file_and_leaves_its_neighbours_alone(configuration: Any) -> None:
    configuration.file.write_text("[engine]\nthreads = 3\nmax_batch = 5\n")

    settings = configuration.load(MEZZOTINT_ENGINE__THREADS="7")

    assert (settings.engine.threads, settings.engine.max_batch) == (7, 5)


def test_the_named_file_wins_over_that_of_the_state_directory_which_wins_over_the_systems(
    configuration: Any, tmp_path: Path
) -> None:
    named = tmp_path / "named.toml"
    named.write_text("[engine]\nthreads = 1\n")
    configuration.system.write_text("[engine]\nthreads = 3\n")
    assert configuration.load().engine.threads == 3

    configuration.file.write_text("[engine]\nthreads = 2\n")
    assert configuration.load().engine.threads == 2
    assert configuration.load(named).engine.threads == 1


def test_a_daemon_is_found_although_its_file_became_wrong(configuration: Any, tmp_path: Path) -> None:
    def guessed(**environ: str) -> Path:
        return sources.guessed_socket(None, environ, system=configuration.system)

    configuration.system.write_text(f'state_dir = "{tmp_path / "other"}"\n[engine]\nthread = 3\n')
    assert guessed(HOME=str(tmp_path)) == tmp_path / "other" / "run" / "control.sock"
    assert guessed(MEZZOTINT_STATE_DIR=str(tmp_path / "named")) == tmp_path / "named" / "run" / "control.sock"
    configuration.system.write_text('[http]\nsocket_path = "/run/x.sock"\n[engine]\nthread = 3\n')
    assert guessed(HOME=str(tmp_path)) == Path("/run/x.sock")
    configuration.system.write_text("no TOML")
    assert guessed(HOME=str(tmp_path)) == tmp_path / ".local/state/mezzotint/run/control.sock"


def test_an_empty_variable_counts_as_not_set(configuration: Any) -> None:
    configuration.file.write_text("[engine]\nthreads = 3\n")

    assert configuration.load(MEZZOTINT_ENGINE__THREADS="").engine.threads == 3


@pytest.mark.parametrize(("text", "value"), [("true", True), ("0", False), ("no", False)])
def test_truth_is_understood_in_variables(configuration: Any, text: str, value: bool) -> None:
    assert configuration.load(MEZZOTINT_WATCH_FOLDER__ENABLED=text).watch_folder.enabled is value


def test_folders_are_set_as_json_by_a_variable(configuration: Any, tmp_path: Path) -> None:
    folders = [{"name": "cards", "path": str(tmp_path / "cards"), "preset": {"steps": 9}}]

    settings = configuration.load(MEZZOTINT_WATCH_FOLDER__FOLDERS=json.dumps(folders))

    assert [(each.name, each.preset) for each in settings.watch_folder.folders] == [("cards", {"steps": 9})]


def test_a_whole_section_is_set_as_json_and_one_of_its_keys_by_name(configuration: Any) -> None:
    settings = configuration.load(MEZZOTINT_ENGINE='{"threads": 2, "max_batch": 4}', MEZZOTINT_ENGINE__THREADS="6")

    assert (settings.engine.threads, settings.engine.max_batch) == (6, 4)


def test_settings_can_not_be_changed(configuration: Any) -> None:
    settings = configuration.load()

    with pytest.raises(ValidationError, match="frozen"):
        settings.engine.threads = 5


def test_the_failpoint_of_tests_is_no_setting(configuration: Any) -> None:
    configuration.load(MEZZOTINT_FAILPOINT="finish.before_commit")


def test_the_environment_of_the_process_is_used_when_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEZZOTINT_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("MEZZOTINT_ENGINE__THREADS", "5")

    assert sources.load(system=tmp_path / "none").engine.threads == 5


def test_the_state_directory_is_absolute_whatever_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert (
        sources.load(environ={"MEZZOTINT_STATE_DIR": "here"}, system=tmp_path / "none").state_dir == tmp_path / "here"
    )


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"MEZZOTINT_STATE_DIR": "/a", "STATE_DIRECTORY": "/b", "XDG_STATE_HOME": "/c", "HOME": "/d"}, "/a"),
        ({"STATE_DIRECTORY": "/b:/b2", "XDG_STATE_HOME": "/c", "HOME": "/d"}, "/b"),
        ({"XDG_STATE_HOME": "/c", "HOME": "/d"}, "/c/mezzotint"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/d"}, "/d/.local/state/mezzotint"),
        ({"HOME": "/d"}, "/d/.local/state/mezzotint"),
    ],
)
def test_the_state_directory_without_the_file(environ: dict[str, str], expected: str) -> None:
    assert state_directory.default(environ) == Path(expected)


def test_the_named_file_may_set_the_state_directory(tmp_path: Path) -> None:
    named = tmp_path / "named.toml"
    named.write_text(f'state_dir = "{tmp_path / "elsewhere"}"\n')

    assert sources.load(named, {"HOME": str(tmp_path)}).state_dir == tmp_path / "elsewhere"
    assert sources.load(named, {"HOME": "/", "MEZZOTINT_STATE_DIR": "/won"}).state_dir == Path("/won")
