"""What a backup says of itself."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from config.errors import UserError

FORMAT = 1
NAME = "manifest.json"
LISTING = "files.sha256"
DATABASE = "mezzotint.db"
MODELS = "models.json"
CONFIG = "config.toml"
MAX_BYTES = 64 * 1024 * 1024
_SIGN = "[0-9a-z]"
_PATH = re.compile(
    rf"mezzotint\.db|models\.json|config\.toml|pictures/{_SIGN}{{2}}/{_SIGN}{{16}}\.png|inputs/[0-9a-f]{{64}}\.png"
)
_LINE = re.compile(r"([0-9a-f]{64})  (.+)\n")


class DamagedBackupError(UserError):
    """The backup is damaged, or none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The whole of ``manifest.json``. ``missing`` and ``damaged`` are files that were not as recorded already."""

    format: int
    schema: str
    version: str
    created_at: str
    jobs: int
    pictures: int
    with_pictures: bool
    config_in_state_dir: bool
    bytes: int
    files: int
    listing_sha256: str
    missing: tuple[str, ...] = field(default=())
    damaged: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """As it is written."""
        return json.dumps(asdict(self), indent=2) + "\n"


def read(directory: Path) -> Manifest:
    """The manifest of a backup whose list of files is the one it was written with.

    Raises :class:`DamagedBackupError` when there is none, or it can't be read.
    """
    try:
        with (directory / NAME).open("rb") as file:
            value: Any = json.loads(file.read(MAX_BYTES))
        if value["format"] != FORMAT:
            raise DamagedBackupError(
                f"{directory} has format {value['format']!r}, this version knows {FORMAT}", hint="use a newer version"
            )
        manifest = Manifest(**{**value, "missing": tuple(value["missing"]), "damaged": tuple(value["damaged"])})
        with (directory / LISTING).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise DamagedBackupError(
            f"{directory} is no backup: there is no {Path(error.filename).name}",
            hint="name a directory that backup made",
        ) from None
    except OSError as error:
        raise DamagedBackupError(f"the backup {directory} can't be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError) as error:
        raise DamagedBackupError(f"the manifest of {directory} makes no sense: {error}") from None
    if found != manifest.listing_sha256:
        raise DamagedBackupError(f"{directory / LISTING} is not the list that was written")
    return manifest


def listed(directory: Path) -> Iterator[tuple[str, str]]:
    """``(path, sha256)`` of every file, in order. Only paths that a backup may hold: nothing leads out of it."""
    empty = True
    with (directory / LISTING).open(encoding="ascii", errors="replace", newline="\n") as lines:
        for line in lines:
            match = _LINE.fullmatch(line)
            if match is None or not _PATH.fullmatch(match[2]):
                raise DamagedBackupError(f"{directory / LISTING} holds a line that makes no sense")
            yield match[2], match[1]
            empty = False
    if empty:
        raise DamagedBackupError(f"{directory / LISTING} is empty")
