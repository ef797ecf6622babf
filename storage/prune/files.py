"""Removes the files whose rows are gone. The notes in the database say which: also after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import RetryableError
from config.failpoints import reach
from storage.results.files import sync_directory
from storage.results.store import PictureFiles
from storage.schema import pictures, removals


def noted(connection: Connection, limit: int, after: str = "") -> list[str]:
    """Files still to be removed, at most so many, in the order of their paths; only those behind ``after``."""
    wanted = sa.select(removals.c.path).where(removals.c.path > after)
    return list(connection.execute(wanted.order_by(removals.c.path).limit(limit)).scalars())


def unlink(state_dir: Path, paths: Sequence[str]) -> list[str]:
    """Remove files; returns those that are durably gone. One that can't be removed now stays noted."""
    files, gone = PictureFiles(state_dir), []
    for path in paths:
        try:
            files.discard(path)
        except RetryableError:  # it stays noted, and is tried again
            continue
        gone.append(path)
        reach("prune.after_unlink")
    unsure = {directory for directory in {(state_dir / path).parent for path in gone} if not _is_synced(directory)}
    return [path for path in gone if (state_dir / path).parent not in unsure]


def _is_synced(directory: Path) -> bool:
    try:
        if directory.is_dir():
            sync_directory(directory)
    except OSError:
        return False
    return True


def forget(connection: Connection, paths: Sequence[str]) -> None:
    """These files are gone: their notes may go."""
    connection.execute(sa.delete(removals).where(removals.c.path.in_(paths)))


def still_named(connection: Connection, paths: Sequence[str]) -> set[str]:
    """Those of them that a row names: never so, and asked all the same before a file is deleted."""
    return set(connection.execute(sa.select(pictures.c.path).where(pictures.c.path.in_(paths))).scalars())
