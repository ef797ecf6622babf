"""The directories of the daemon, made at start; only its own user may enter the state directory."""

from __future__ import annotations

from pathlib import Path

from config.errors import FatalError
from config.settings import Settings


def make(settings: Settings) -> None:
    """Make what is missing. Raises :class:`FatalError` when the state directory can't be used."""
    own = (settings.state_dir, settings.lock_file.parent, settings.pictures, settings.inputs, settings.quarantine)
    try:
        settings.state_dir.parent.mkdir(parents=True, exist_ok=True)
        for path in own:
            path.mkdir(mode=0o700, exist_ok=True)
        if settings.state_dir.stat().st_mode & 0o002:
            raise FatalError(f"anybody may write to {settings.state_dir}", hint=f"chmod o-w {settings.state_dir}")
        _try_writing(settings.state_dir)
    except OSError as error:
        raise FatalError(
            f"the state directory {settings.state_dir} can't be used: {error.strerror}",
            hint="set MEZZOTINT_STATE_DIR to a directory this user may write to",
        ) from error


def _try_writing(directory: Path) -> None:
    probe = directory / ".probe"
    probe.touch()
    probe.unlink(missing_ok=True)
