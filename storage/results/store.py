"""Picture files, by id: ``pictures/<two signs>/<id>.png`` in the state directory."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from config.errors import NotFoundError, RetryableError
from config.ids import ALPHABET, LENGTH
from storage.results.files import failed, write_durably
from storage.results.picture import NewPicture

__all__ = ["DIRECTORY", "NewPicture", "PictureFiles", "path_of"]

DIRECTORY = "pictures"
_ID = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_PATH = re.compile(f"{DIRECTORY}/([{ALPHABET}]{{2}})/[{ALPHABET}]{{{LENGTH - 2}}}\\1\\.png")


def path_of(picture_id: str) -> str:
    """Where the file of a picture lies, relative to the state directory.

    The directory is named by the *end* of the id, which is random: its beginning is the time, and would put all
    pictures of a year into one directory.
    """
    if not _ID.fullmatch(picture_id):
        raise ValueError(f"not a picture id: {picture_id!r}")
    return f"{DIRECTORY}/{picture_id[-2:]}/{picture_id}.png"


class PictureFiles:
    """The files under one state directory. Thread-safe: files never change once they have their name."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir

    def save(self, picture_id: str, png: bytes) -> str:
        """Write a picture and return its path relative to the state directory; a row may name it now.

        Raises :class:`config.errors.RetryableError` when the disk is full or failing, or a link is in the way of its
        directory; nothing is left then.
        """
        path = path_of(picture_id)
        self._refuse_a_link(path)
        write_durably(self._state_dir / path, png)
        return path

    def read(self, path: str) -> bytes:
        """The file under a path that :meth:`save` returned; :class:`NotFoundError` when it is gone."""
        try:
            return self._absolute(path).read_bytes()
        except FileNotFoundError:
            raise NotFoundError(f"the file {path} is gone") from None

    def discard(self, path: str) -> None:
        """Remove a saved picture that got no row; a missing one is fine."""
        try:
            self._absolute(path).unlink(missing_ok=True)
        except OSError as error:
            raise failed(Path(path), error) from error

    def free_bytes(self) -> int:
        """Space left for an ordinary user: where the state directory lies, or its pictures if that is less.

        They may be a file system of their own. Raises :class:`RetryableError` when the disk does not say.
        """
        try:
            free = shutil.disk_usage(self._state_dir).free
        except OSError as error:
            raise RetryableError(f"the disk does not say how much is free: {error.strerror}") from error
        with contextlib.suppress(OSError):  # what is wrong with it shows, and is said, when a picture is written
            free = min(free, shutil.disk_usage(self._state_dir / DIRECTORY).free)
        return free

    def _refuse_a_link(self, path: str) -> None:
        # ``pictures`` may be one, to another disk; what is below it is made by us alone, and recovery follows none.
        directory = (self._state_dir / path).parent
        if directory.is_symlink():
            raise RetryableError(
                f"the file {Path(path).name} could not be written: a symbolic link is in the way",
                hint=f"put a directory in the place of {directory}",
            )

    def _absolute(self, path: str) -> Path:
        if not _PATH.fullmatch(path):
            raise ValueError(f"not the path of a picture: {os.fsdecode(path)!r}")
        return self._state_dir / path
