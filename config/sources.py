"""Where settings come from: the defaults, then one TOML file, then the environment; the last that sets a key wins.

The file is the one named by ``--config``, else ``config.toml`` in the state directory, else
``/etc/mezzotint/config.toml``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config import checks, file, origins, refusals, state_directory
from config.errors import ConfigurationError, Problem
from config.settings import FolderSettings, Settings


def load(
    config_path: Path | None = None, environ: Mapping[str, str] | None = None, *, system: Path = file.SYSTEM
) -> Settings:
    """The effective settings. Raises :class:`ConfigurationError` that carries every problem there is."""
    settings, problems = _gathered(config_path, os.environ if environ is None else environ, system)
    if settings is None or problems:
        raise ConfigurationError.of(*problems)
    return settings


def find_problems(
    config_path: Path | None = None, environ: Mapping[str, str] | None = None, *, system: Path = file.SYSTEM
) -> tuple[Problem, ...]:
    """All that keeps a daemon from running on this configuration, the rights on the state directory included."""
    try:
        settings, problems = _gathered(config_path, os.environ if environ is None else environ, system)
    except ConfigurationError as error:
        return error.problems
    return (*problems, *checks.usable(settings)) if settings else problems


def guessed_socket(
    config_path: Path | None = None, environ: Mapping[str, str] | None = None, *, system: Path = file.SYSTEM
) -> Path:
    """Where a daemon listens whose configuration has become wrong while it runs, as far as that can be told."""
    given = os.environ if environ is None else environ
    state_dir = state_directory.default(given)
    read = origins.read(config_path, given, system=system)
    values = _merged(read.file.values, read.variables.values)
    told = {key: part for key, part in (("state_dir", values.get("state_dir")), ("http", values.get("http"))) if part}
    try:
        return _completed(Settings.model_validate({"state_dir": state_dir, **told})).control_socket
    except ValidationError:
        return Settings(state_dir=state_dir).control_socket


def _gathered(
    config_path: Path | None, environ: Mapping[str, str], system: Path
) -> tuple[Settings | None, tuple[Problem, ...]]:
    """The settings as far as they can be understood, and every problem."""
    state_dir = state_directory.default(environ)
    read = origins.read(config_path, environ, system=system)
    own, variables = read.file, read.variables
    found = [*own.problems, *variables.problems]
    values = {"state_dir": state_dir, **_merged(own.values, variables.values)}
    try:
        settings = _completed(Settings.model_validate(values))
    except ValidationError as error:
        return None, (*found, *refusals.problems(error, variables, own.path))
    found += _wrong_paths(settings)
    if own.path == state_dir / file.NAME and "state_dir" in own.values:
        found.append(_circular(own.path))
    return settings, (*found, *([] if found else checks.problems(settings)))


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        both = isinstance(under, dict) and isinstance(value, dict)
        merged[key] = _merged(under, value) if isinstance(under, dict) and both else value
    return merged


def _completed(settings: Settings) -> Settings:
    """The state directory absolute, so that no later change of the working directory moves it."""
    return settings.model_copy(update={"state_dir": state_directory.absolute(settings.state_dir)})


def _wrong_paths(settings: Settings) -> list[Problem]:
    return [problem for folder in settings.watch_folder.folders for problem in _wrong_places(folder)]


def _wrong_places(folder: FolderSettings) -> list[Problem]:
    given = [(key, getattr(folder, key)) for key in ("path", "outbox", "done", "failed")]
    return [
        Problem(f"watch_folder.folders ({folder.name})", f"{key} is {why}: {str(path)!r}", "give an absolute path")
        for key, path in given
        if path is not None and (why := _impossible(path))
    ]


def _impossible(path: Path) -> str | None:
    """Why no directory can be meant by this; None when one can."""
    try:
        full = path.expanduser()
    except RuntimeError:
        return "in the home directory of nobody"
    if not full.is_absolute():
        return "relative"
    return "not a path" if "\0" in str(full) else None


def _circular(path: Path) -> Problem:
    return Problem(
        f"state_dir in {path}",
        "the state directory can't be set by the file inside it",
        "set MEZZOTINT_STATE_DIR, or name the file with --config",
    )
