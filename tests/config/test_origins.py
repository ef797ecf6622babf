"""What is said to have set a setting is what set it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import origins, state_directory
from config.file import NAME


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"MEZZOTINT_STATE_DIR": "/a", "STATE_DIRECTORY": "/b"}, "MEZZOTINT_STATE_DIR"),
        ({"STATE_DIRECTORY": "/b:/c", "XDG_STATE_HOME": "/d"}, "STATE_DIRECTORY"),
        ({"XDG_STATE_HOME": "/d", "HOME": "/e"}, "XDG_STATE_HOME"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/e"}, None),
        ({"HOME": "/e"}, None),
    ],
)
def test_the_variable_that_names_the_state_directory_is_the_one_that_is_followed(
    environ: dict[str, str], variable: str | None
) -> None:
    assert state_directory.named_by(environ) == variable
    followed = environ[variable].partition(":")[0] if variable else "/e"
    assert str(state_directory.default(environ)).startswith(followed)
    read = origins.read(None, environ, system=Path("/none") / NAME)
    assert read.of(("state_dir",)) == (f"variable {variable}" if variable else "default")


def test_a_key_counts_as_shadowed_only_where_both_set_it(tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.write_text("[queue]\nmax_attempts = 5\nmax_queued = 9\n[[watch_folder.folders]]\nname = 'a'\n")
    environ = {
        "HOME": "/e",
        "MEZZOTINT_QUEUE__MAX_ATTEMPTS": "4",
        "MEZZOTINT_QUEUE__RETRY_SECONDS": "2",
        "MEZZOTINT_WATCH_FOLDER__FOLDERS": '[{"name": "b"}]',
    }
    assert dict(origins.read(file, environ).shadowed()) == {
        "queue.max_attempts": "MEZZOTINT_QUEUE__MAX_ATTEMPTS",
        "watch_folder.folders": "MEZZOTINT_WATCH_FOLDER__FOLDERS",
    }


def test_an_empty_variable_sets_nothing(tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.write_text("[queue]\nmax_attempts = 5\n")
    read = origins.read(file, {"HOME": "/e", "MEZZOTINT_QUEUE__MAX_ATTEMPTS": ""})
    assert list(read.shadowed()) == []
    assert read.of(("queue", "max_attempts")) == f"file {file}"
