"""Writes a backup. Nothing under its name is ever half of one: it is renamed when all of it is on the disk."""

from __future__ import annotations

import fcntl
import itertools
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.errors import ConflictError, RetryableError, UserError
from config.failpoints import reach
from config.version import VERSION as SOFTWARE
from storage.backup import manifest
from storage.backup.copying import Going, UnreadableError, copied, digest_of, written
from storage.backup.manifest import FORMAT, Manifest
from storage.results.files import sync_directory
from storage.schema.version import VERSION
from storage.sqlite import snapshot
from storage.sqlite.snapshot import Copy

UNFINISHED = ".mezzotint-unfinished-"
"""Beginning of the name of a backup that is being written; the next backup in that place removes what a crash left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What to back up."""

    state_dir: Path
    database: Path
    models_file: Path
    config: bytes | None = None
    config_in_state_dir: bool = False
    pictures: bool = True
    reserve_bytes: int = 0
    """Free space to leave where the state directory lies."""


def place(wanted: Path, state_dir: Path, watched: tuple[Path, ...], now: datetime) -> Path:
    """Where the backup will lie: ``wanted``, or a directory named by the time inside it when it is there already.

    Raises :class:`UserError`: relative, inside the state directory or a watched folder, a backup already, no parent.
    """
    if not wanted.is_absolute() or "\0" in str(wanted):
        raise UserError("path: must be absolute", field="path")
    real = wanted.resolve()
    for kept in (state_dir, *watched):
        if real.is_relative_to(kept.resolve()):
            raise UserError(
                f"path: {wanted} lies inside {kept}",
                field="path",
                hint="choose a directory elsewhere, best on another disk",
            )
    if (real / manifest.NAME).exists():
        raise ConflictError(f"there is a backup at {wanted} already", field="path", hint="choose another directory")
    if real.is_dir():
        real = real / now.strftime("mezzotint-%Y%m%dT%H%M%SZ")
    if os.path.lexists(real):
        raise ConflictError(f"{real} is there already", field="path", hint="choose another name")
    if not real.parent.is_dir():
        raise UserError(f"path: there is no directory {real.parent}", field="path", hint="make it first")
    return real


def make(source: Source, target: Path, going: Going) -> Manifest:
    """Write the backup ``target`` (see :func:`place`). When this returns all of it is durable.

    Raises :class:`RetryableError` when the disk is full or failing; nothing is left then.
    """
    try:
        with _unfinished(target) as directory:
            made = _Writing(source, directory, going).all()
            reach("backup.before_rename")
            os.rename(directory, target)
            reach("backup.after_rename")
            sync_directory(target.parent)
    except OSError as error:
        raise RetryableError(
            f"the backup could not be written: {error.strerror or error}",
            hint="the user who runs the daemon must be able to write there; free some space, or look at the disk",
        ) from error
    return made


class _Writing:
    """One backup under way in ``directory``."""

    def __init__(self, source: Source, directory: Path, going: Going) -> None:
        self._source = source
        self._directory = directory
        self._going = going
        self._bytes = 0
        self._files = 0
        self._missing: list[str] = []
        self._damaged: list[str] = []

    def all(self) -> Manifest:
        """Database first, then the files that it names: they are there, and stay as they are."""
        going, database = self._going, self._directory / manifest.DATABASE
        going.on("copying the database")
        self._must_fit(self._directory, self._source.database.stat().st_size)
        snapshot.snapshot(self._source.database, database, lambda: going.called_off)
        going.on()
        _sync_file(database)
        reach("backup.after_database")
        with snapshot.reading(database) as copy:
            jobs, pictures, size = copy.counts()
            with (self._directory / manifest.LISTING).open("x", encoding="ascii", newline="\n") as listing:
                for path, digest in self._copies(copy, pictures, size):
                    listing.write(f"{digest}  {path}\n")
                listing.flush()
                os.fsync(listing.fileno())
        reach("backup.after_files")
        made = self._manifest(jobs, pictures)
        written(self._directory / manifest.NAME, made.text().encode())
        for directory, _, _ in os.walk(self._directory, topdown=False):
            sync_directory(Path(directory))
        return made

    def _copies(self, copy: Copy, pictures: int, size: int) -> Iterator[tuple[str, str]]:
        source, database = self._source, self._directory / manifest.DATABASE
        digest, length = digest_of(database, self._going)
        yield self._noted(manifest.DATABASE, digest, length)
        if source.config is not None:
            written(self._directory / manifest.CONFIG, source.config)
            yield self._noted(manifest.CONFIG, *digest_of(self._directory / manifest.CONFIG, self._going))
        if source.models_file.exists():
            yield self._noted(
                manifest.MODELS, *copied(source.models_file, self._directory / manifest.MODELS, self._going)
            )
        if source.pictures:
            self._must_fit(self._directory, size)
            yield from self._pictures(copy, pictures)

    def _pictures(self, copy: Copy, total: int) -> Iterator[tuple[str, str]]:
        inputs = ((f"inputs/{digest}.png", digest) for digest in copy.inputs())
        named = itertools.chain(copy.pictures(), inputs)
        for number, (path, recorded) in enumerate(named, 1):
            self._going.on("copying pictures", done=min(number, total), total=total)
            try:
                digest, length = copied(self._source.state_dir / path, self._directory / path, self._going)
            except (FileNotFoundError, UnreadableError):  # one lost picture must not cost the backup of all others
                self._missing.append(path)
                continue
            if digest != recorded:
                self._damaged.append(path)
            yield self._noted(path, digest, length)

    def _noted(self, path: str, digest: str, length: int) -> tuple[str, str]:
        self._files += 1
        self._bytes += length
        return path, digest

    def _manifest(self, jobs: int, pictures: int) -> Manifest:
        return Manifest(
            format=FORMAT,
            schema=VERSION,
            version=SOFTWARE,
            created_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            jobs=jobs,
            pictures=pictures,
            with_pictures=self._source.pictures,
            config_in_state_dir=self._source.config is not None and self._source.config_in_state_dir,
            bytes=self._bytes,
            files=self._files,
            listing_sha256=digest_of(self._directory / manifest.LISTING, self._going)[0],
            missing=tuple(self._missing),
            damaged=tuple(self._damaged),
        )

    def _must_fit(self, directory: Path, size: int) -> None:
        shared = directory.stat().st_dev == self._source.state_dir.stat().st_dev
        needed = size + (self._source.reserve_bytes if shared else 0)
        free = shutil.disk_usage(directory).free
        if free < needed:
            raise RetryableError(
                f"the backup does not fit: {needed // 2**20 + 1} MiB are needed, {free // 2**20} MiB are free",
                hint="free some space, choose another disk, or leave the pictures out with --no-pictures",
            )


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A directory beside ``target``, locked while it is written and removed unless it was renamed."""
    _sweep(target.parent)
    directory = target.parent / f"{UNFINISHED}{secrets.token_hex(6)}"
    directory.mkdir(mode=0o700)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(descriptor)


def _sweep(parent: Path) -> None:
    """Remove what backups left here that were killed: nobody holds their lock."""
    for directory in parent.glob(f"{UNFINISHED}*"):
        try:
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        else:
            shutil.rmtree(directory, ignore_errors=True)
        finally:
            os.close(descriptor)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
