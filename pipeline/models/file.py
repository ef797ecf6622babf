"""The registry's file: read when it changed, written whole under a lock."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from config.errors import FatalError
from pipeline.models.entry import ModelEntry
from pipeline.models.fingerprint import Stamp, stamp

FORMAT = 1
Entries = MappingProxyType[str, ModelEntry]


class ModelsFile:
    """``models.json``: name to entry."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._read_at: Stamp | None = None
        self._entries: Entries = MappingProxyType({})

    def read(self) -> Entries:
        """All entries; none when there is no file. Raises ``FatalError`` when the file makes no sense."""
        with self._guard:
            try:
                now = stamp(self._path)
            except FileNotFoundError:
                self._read_at, self._entries = None, MappingProxyType({})
                return self._entries
            if now != self._read_at:
                self._entries = MappingProxyType(_parsed(self._path))
                self._read_at = now
            return self._entries

    @contextmanager
    def changing(self) -> Iterator[dict[str, ModelEntry]]:
        """The entries to change; they are written when the block ends well. Other processes wait meanwhile."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(f"{self._path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries = dict(self.read())
            yield entries
            self._write(entries)

    def _write(self, entries: dict[str, ModelEntry]) -> None:
        content = {"format": FORMAT, "models": [entry.model_dump(mode="json") for entry in entries.values()]}
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        descriptor, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".models-", suffix=".part")
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                if os.geteuid() == 0:  # root adds a model for the service, which has to read it
                    owner = self._path.parent.stat()
                    os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            os.replace(temporary, self._path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _parsed(path: Path) -> dict[str, ModelEntry]:
    try:
        content: Any = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise FatalError(f"{path} was written by a newer version (format {content['format']})")
        entries = [ModelEntry.model_validate(each) for each in content["models"]]
    except (OSError, ValueError, LookupError, TypeError, ValidationError) as error:
        raise FatalError(
            f"the registry of models can't be read: {path}: {error}",
            hint="mend or remove the file; models can be added anew",
        ) from None
    return {entry.name: entry for entry in entries}
