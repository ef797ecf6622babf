"""The commented file says everything there is to set, and says it right."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import config
from config import keys, sources
from config.effective import effective

FILE = Path(config.__file__).with_name("default.toml")
OPEN_TABLES = (
    *("watch_folder.folders.preset", "fairness.weights", "log.levels", "schedules.entries.lists"),
    "schedules.entries.request",
)
"""Settings whose names are up to the operator."""
SETTING = re.compile(r"#(\[\[.*\]\]|[a-z_]+ = .*)$")


def uncommented() -> str:
    return "\n".join(SETTING.sub(r"\1", line) for line in FILE.read_text().splitlines())


def named(table: dict[str, Any], before: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in table.items():
        key = f"{before}{name}"
        tables = value if isinstance(value, list) else [value]
        if tables and all(isinstance(each, dict) for each in tables) and key not in OPEN_TABLES:
            found |= {deep for each in tables for deep in named(each, f"{key}.")}
        else:
            found.add(key)
    return found


def test_every_key_appears_in_it_and_nothing_else() -> None:
    assert named(tomllib.loads(uncommented())) == set(keys.every())


def test_as_it_is_it_sets_nothing() -> None:
    assert named(tomllib.loads(FILE.read_text())) == set()


def test_with_every_line_in_force_the_settings_are_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(uncommented())
    environ = {"HOME": str(tmp_path)}
    default = sources.load(environ={"MEZZOTINT_STATE_DIR": "/var/lib/mezzotint"}, system=tmp_path / "none")

    found = effective(sources.load(path, environ))
    assert len(found["schedules"].pop("entries")) == 1, "an example: there is none by default"
    wanted = effective(default)
    assert wanted["schedules"].pop("entries") == []
    assert found == wanted


def test_every_key_has_words_above_it() -> None:
    blocks = FILE.read_text().split("\n\n")
    for block in blocks:
        if any(SETTING.match(line) for line in block.splitlines()):
            assert block.lstrip("\n").startswith("# "), block


def test_every_setting_can_be_set_by_its_variable(tmp_path: Path) -> None:
    values = {
        "MEZZOTINT_ENGINE__PREVIEWS": "false",
        "MEZZOTINT_QUEUE__MAX_ATTEMPTS": "50",
        "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.5",
        "MEZZOTINT_HTTP__SOCKET_MODE": "0660",
    }
    assert values.keys() <= set(keys.variables())

    settings = sources.load(environ={"MEZZOTINT_STATE_DIR": str(tmp_path), **values}, system=tmp_path / "none")

    assert not settings.engine.previews
    assert settings.queue.max_attempts == 50
    assert settings.engine.fake_step_s == pytest.approx(0.5)
    assert settings.http.socket_mode == "0660"
