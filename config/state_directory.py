"""Where everything lives when the configuration does not say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from config.errors import ConfigurationError, Problem

VARIABLE = "MEZZOTINT_STATE_DIR"


def default(environ: Mapping[str, str]) -> Path:
    """``$MEZZOTINT_STATE_DIR``, else the one systemd made for the service, else the user's (XDG). Absolute."""
    named = environ.get(VARIABLE)
    if named:
        return absolute(Path(named))
    service = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if service:
        return absolute(Path(service))
    shared = environ.get("XDG_STATE_HOME", "")
    # The XDG rules say that a relative path there must be ignored.
    base = Path(shared) if shared.startswith("/") else _home(environ) / ".local" / "state"
    return base / "mezzotint"


def named_by(environ: Mapping[str, str]) -> str | None:
    """The variable that :func:`default` follows, None when it is the user's home that decides."""
    found = (name for name in (VARIABLE, "STATE_DIRECTORY") if environ.get(name))
    shared = "XDG_STATE_HOME" if environ.get("XDG_STATE_HOME", "").startswith("/") else None
    return next(found, shared)


def absolute(path: Path) -> Path:
    """With ``~`` and the working directory filled in, but symbolic links left as they are."""
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise _homeless() from error


def _home(environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME")
    try:
        return Path(home) if home else Path.home()
    except RuntimeError as error:
        raise _homeless() from error


def _homeless() -> ConfigurationError:
    return ConfigurationError.of(Problem(VARIABLE, "this user has no home directory", "set it to an absolute path"))
