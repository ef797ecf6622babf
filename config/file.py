"""The configuration file: which one it is, and what it says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.errors import Problem

NAME = "config.toml"
SYSTEM = Path("/etc/mezzotint") / NAME
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class File:
    """What a configuration file says. ``path`` is None when there is none."""

    path: Path | None = None
    values: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def find(named: Path | None, state_dir: Path, system: Path) -> Path | None:
    """The one that was named, else that of the state directory, else the system's."""
    if named is not None:
        return named
    return next((path for path in (state_dir / NAME, system) if _may_be_there(path)), None)


def _may_be_there(path: Path) -> bool:
    """True also when it can't be told (a directory that may not be entered): reading it then says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def read(path: Path | None) -> File:
    """Read it; whatever keeps it from being read is a problem, not an exception."""
    if path is None:
        return File()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            return _refused(path, f"is longer than {MAX_BYTES} bytes", "this is no configuration file")
        return File(path, tomllib.loads(content.decode("utf-8")))
    except FileNotFoundError:
        return _refused(path, "there is no such file", "name one that exists, or leave --config out")
    except OSError as error:
        return _refused(path, f"can't be read: {error.strerror}", "name a file that this user may read")
    except UnicodeDecodeError:
        return _refused(path, "is not UTF-8 text", "save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        return _refused(path, f"is not TOML: {error}", "text values need quotes; default.toml shows every key")


def _refused(path: Path, message: str, hint: str) -> File:
    return File(path, {}, (Problem(str(path), message, hint),))
