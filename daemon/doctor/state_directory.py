"""The state directory: whose it is, and whether all in it is that user's and closed to others."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from config.settings import Settings
from daemon.doctor.finding import Finding, graded
from daemon.doctor.places import as_owner, existing, is_open, me, user


def check_state_directory(settings: Settings) -> Iterator[Finding]:
    """May we write where we must, and nobody else?"""
    state = settings.state_dir
    if is_open(state) and not state.exists():
        able = os.access(existing(state), os.W_OK | os.X_OK)
        hint = None if able else "set MEZZOTINT_STATE_DIR to a directory this user may write to"
        yield graded("state directory", f"{state} will be made at the first start", hint, "fail")
    elif not is_open(state) or not os.access(state, os.W_OK):
        detail = f"{state}: {me()} may not {'write to' if is_open(state) else 'look into'} it"
        hint = f"{as_owner(settings)}; or set MEZZOTINT_STATE_DIR to a directory of your own"
        yield Finding("state directory", "fail", detail, hint)
    else:
        about = state.stat()
        hint = f"chmod 700 {state}" if about.st_mode & 0o007 else None
        open_to = ", open to everybody" if hint else ""
        yield graded("state directory", f"{state}, of {user(about.st_uid)} ({about.st_mode & 0o777:o}{open_to})", hint)
        yield from _parts(settings, about.st_uid)


def _parts(settings: Settings, owner: int) -> Iterator[Finding]:
    """Whoever ran a command as another user has left files the daemon can't use."""
    there = [path for path in _own(settings) if os.path.lexists(path)]
    strange = [path for path in there if path.lstat().st_uid != owner]
    if strange:
        detail = f"not of {user(owner)}, as the directory is: {', '.join(path.name for path in strange)}"
        hint = f"sudo chown -hR {user(owner)}: {shlex.join(map(str, strange))}"
        yield Finding("state directory parts", "fail", detail, hint)
    open_ones = [path for path in there if not path.is_symlink() and path.stat().st_mode & 0o002]
    if open_ones:
        detail = f"anybody may write to: {', '.join(path.name for path in open_ones)}"
        yield Finding("state directory parts", "warn", detail, f"chmod o-w {shlex.join(map(str, open_ones))}")
    if there and not strange and not open_ones:
        yield Finding("state directory parts", "ok", f"{len(there)} looked at, all of {user(owner)}")


def _own(settings: Settings) -> list[Path]:
    """What the daemon alone writes. Not the models, which may be the operator's, nor the folders, which are shared."""
    database = settings.database
    beside = [database.with_name(f"{database.name}{end}") for end in ("", "-wal", "-shm")]
    directories = [settings.lock_file.parent, settings.pictures, settings.inputs, settings.quarantine]
    return [*beside, settings.models_file, settings.lock_file, *directories]
