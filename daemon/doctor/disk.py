"""The disk under the state directory: room, names, how fast it makes things durable, and of which kind it is."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from config import mounts
from config.folders import places
from config.settings import Settings
from daemon import words
from daemon.doctor.finding import Finding, Level, graded
from daemon.doctor.places import existing

SLOW_FSYNC_MS = 200.0
FEW_INODES = 10_000


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Is there more free space than the floor?"""
    least = settings.storage.min_free_bytes
    free = min(shutil.disk_usage(existing(place)).free for place in (settings.state_dir, settings.pictures))
    detail = f"{words.size(free)} free, at least {words.size(least)} must stay free (storage.min_free_bytes)"
    level: Level = "fail" if free < least else "warn" if free < 4 * least else "ok"
    yield Finding("disk", level, detail, None if level == "ok" else "mezzotint prune --help, or a larger disk")


def check_inodes(settings: Settings) -> Iterator[Finding]:
    """Is there room for more files? A disk can be full of names while it has bytes left."""
    where = existing(settings.state_dir)
    figures = os.statvfs(where)
    if figures.f_files == 0:
        yield Finding("inodes", "ok", "this file system does not count them")
        return
    few = figures.f_favail < FEW_INODES
    hint = f"delete small files; see how many: find {where} -xdev -type f | wc -l" if few else None
    yield graded("inodes", f"{figures.f_favail} more files fit", hint)


def check_fsync(settings: Settings) -> Iterator[Finding]:
    """How long does it take until something is durable?"""
    took = fsync_ms(existing(settings.state_dir))
    hint = "every accepted job waits for one fsync; look who else writes: iotop -o" if took > SLOW_FSYNC_MS else None
    yield graded("fsync", f"file and directory in {took:.1f} ms", hint)


def check_file_system(settings: Settings) -> Iterator[Finding]:
    """Does the state directory lie on a local disk (SQLite in WAL mode needs that), and what do the folders lie on?"""
    kind = mounts.kind_of(settings.state_dir)
    remote = mounts.is_remote(kind)
    hint = "put it on a local disk, and set MEZZOTINT_STATE_DIR" if remote else None
    yield graded("file system", f"{settings.state_dir} lies on {kind}", hint, "fail")
    for folder in settings.watch_folder.folders if settings.watch_folder.enabled else ():
        path = places(settings.state_dir, folder).path
        kind = mounts.kind_of(path)
        if mounts.is_remote(kind):
            detail = (
                f"{path} lies on {kind}: looked through every {folder.poll_seconds:g} s, the kernel tells of nothing"
            )
            hint = "nothing, if that is meant; mezzotint check shows watch_folder.folders"
            yield Finding(f"file system of {folder.name}", "warn", detail, hint)


def fsync_ms(directory: Path) -> float:
    """Of a page in a file without a name, and of the directory."""
    began = time.perf_counter()
    with tempfile.TemporaryFile(dir=directory) as file:
        file.write(b"\0" * 4096)
        file.flush()
        os.fsync(file.fileno())
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return (time.perf_counter() - began) * 1000
