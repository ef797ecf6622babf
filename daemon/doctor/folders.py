"""The watched folders: rights, and whether moving between their places is one rename."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from config.folders import places
from config.settings import Settings
from daemon.doctor.finding import Finding, graded
from daemon.doctor.places import existing, me, user

USED = os.R_OK | os.W_OK | os.X_OK


def check_folders(settings: Settings) -> Iterator[Finding]:
    """May this user read orders and write results? A read-only folder is allowed: its files stay where they are."""
    for folder in settings.watch_folder.folders if settings.watch_folder.enabled else ():
        name, where = f"folder {folder.name}", places(settings.state_dir, folder)
        if folder.path and not where.path.is_dir():
            yield Finding(name, "fail", f"{where.path} is not there", f"mkdir {where.path}, or mount what holds it")
            continue
        closed = [path for path in (where.outbox, where.done, where.failed) if not _usable(path)]
        if where.path.exists() and not os.access(where.path, os.R_OK | os.X_OK):
            closed.insert(0, where.path)
        if closed:
            detail = f"{me()} may not read and write {', '.join(map(str, closed))}"
            yield Finding(name, "fail", detail, f"sudo chown -R {_daemon(settings)}: {shlex.join(map(str, closed))}")
        elif where.path.exists() and not os.access(where.path, os.W_OK):
            hint = f"nothing, if that is meant; else sudo chown {_daemon(settings)}: {where.path}"
            yield Finding(
                name, "warn", f"{where.path} is read-only for {me()}: each file is drawn once and stays", hint
            )
        else:
            yield Finding(name, "ok", str(where.path))


def check_moves(settings: Settings) -> Iterator[Finding]:
    """Do the places into which orders are moved lie on the folder's file system? (Results are written, not moved.)"""
    for folder in settings.watch_folder.folders if settings.watch_folder.enabled else ():
        own = places(settings.state_dir, folder)
        away = [path for path in (own.done, own.failed) if _device(path) != _device(own.path)]
        listed = " and ".join(map(str, away))
        detail = f"on another file system than {own.path}: {listed}" if away else "each is one rename"
        hint = f"orders are copied instead of renamed; to avoid it put both beside {own.path}" if away else None
        yield graded(f"moves of {folder.name}", detail, hint)


def _usable(path: Path) -> bool:
    """What is not there yet is made, where that is allowed."""
    return os.access(path, USED) if path.exists() else os.access(existing(path), os.W_OK | os.X_OK)


def _daemon(settings: Settings) -> str:
    return user(existing(settings.state_dir).stat().st_uid)


def _device(path: Path) -> int:
    return existing(path).stat().st_dev
