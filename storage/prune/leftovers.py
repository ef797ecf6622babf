"""Files that no row needs: input pictures that no job and no schedule starts from, and what recovery set aside."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from storage import inputs
from storage.schema import jobs, schedules

AT_ONCE = 200


def input_pictures(state_dir: Path) -> Iterator[list[tuple[str, int]]]:
    """Digest and size of the input pictures that were not asked for lately, some at a time."""
    piece: list[tuple[str, int]] = []
    for digest, size, used_at in inputs.stored(state_dir):
        if time.time() - used_at > inputs.FRESH_SECONDS:
            piece.append((digest, size))
            if len(piece) == AT_ONCE:
                yield piece
                piece = []
    if piece:
        yield piece


def needed(connection: Connection, digests: list[str]) -> set[str]:
    """Those of them from which a job starts, or a schedule will let one start."""
    found = set(connection.execute(sa.select(jobs.c.image).distinct().where(jobs.c.image.in_(digests))).scalars())
    return found | set(connection.execute(sa.select(schedules.c.image).where(schedules.c.image.in_(digests))).scalars())


def quarantined(directory: Path, before_seconds: float | None) -> Iterator[tuple[Path, int]]:
    """Files that were set aside (before a moment, in seconds since 1970), with their sizes."""
    try:
        entries = list(os.scandir(directory))
    except FileNotFoundError:
        return
    for entry in entries:
        found = entry.stat(follow_symlinks=False)
        # The time of the move: the file itself may be as old as anything.
        if not entry.is_dir(follow_symlinks=False) and (before_seconds is None or found.st_ctime < before_seconds):
            yield Path(entry.path), found.st_size
