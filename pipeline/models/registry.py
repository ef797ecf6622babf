"""The models that can be asked for: a JSON file, and the starter that is always there.

Names lead to folders here and nowhere else: no front end can name a path or a hub.
"""

from __future__ import annotations

import difflib
import threading
from pathlib import Path

from config.errors import ConflictError, NotFoundError
from pipeline import starter
from pipeline.models import describe
from pipeline.models.checks import check
from pipeline.models.entry import UNKNOWN_LICENCE, ModelEntry, check_name, place
from pipeline.models.file import ModelsFile
from pipeline.models.findings import RefusedModelError
from pipeline.models.fingerprint import combined, fingerprint, hashes_of
from pipeline.models.hashes import Hashes
from pipeline.request import Defaults

__all__ = ["STARTER", "ModelEntry", "Registry", "place"]

STARTER = "starter"


class Registry:
    """Reads are cheap (cached until the file changes) and safe from any thread; writes lock the file."""

    def __init__(self, models_file: Path) -> None:
        self._file = ModelsFile(models_file)
        self._hashes = Hashes()
        self._starter: ModelEntry | None = None
        self._lock = threading.Lock()

    def list(self) -> list[ModelEntry]:
        """The starter first, then the others by name."""
        registered = self._file.read()
        return [self._built_in(), *(registered[name] for name in sorted(registered))]

    def get(self, name: str) -> ModelEntry:
        """Raises :class:`NotFoundError` (field ``model``) with the nearest names."""
        if name == STARTER:
            return self._built_in()
        registered = self._file.read()
        if name not in registered:
            raise _unknown(name, [STARTER, *sorted(registered)])
        return registered[name]

    def add(
        self,
        name: str,
        path: Path,
        *,
        licence: str | None = None,
        revision: str | None = None,
        description: str | None = None,
        defaults: Defaults | None = None,
    ) -> ModelEntry:
        """Check a folder, take its fingerprint and register it. Reads every byte: call it from a thread.

        Raises :class:`RefusedModelError` (its ``findings``), ``ConflictError`` when the name is taken.
        """
        check_name(name)
        if name == STARTER or name in self._file.read():
            raise _taken(name)
        entry = self._described(name, path.resolve(), licence, revision, description, defaults)
        with self._file.changing() as registered:
            if name in registered:
                raise _taken(name)
            registered[name] = entry
        return entry

    def remove(self, name: str) -> None:
        """Forget a model; its folder stays."""
        if name == STARTER:
            raise ConflictError("the starter is part of the program and can't be removed", field="name")
        with self._file.changing() as registered:
            if name not in registered:
                raise _unknown(name, sorted(registered))
            del registered[name]

    def is_unchanged(self, entry: ModelEntry) -> bool:
        """Whether the folder still is what was registered. Reads every byte that changed since the last look."""
        return entry.path.is_dir() and fingerprint(entry.path, self._hashes.sha256) == entry.sha256

    def changed(self, entry: ModelEntry) -> tuple[str, ...]:
        """The files that are others than when it was registered, came since, or are gone; see :meth:`is_unchanged`."""
        now = hashes_of(entry.path, self._hashes.sha256)
        return tuple(sorted(name for name in now.keys() | entry.files.keys() if now.get(name) != entry.files.get(name)))

    def _described(
        self,
        name: str,
        root: Path,
        licence: str | None,
        revision: str | None,
        description: str | None,
        defaults: Defaults | None,
    ) -> ModelEntry:
        findings = check(root)
        if findings:
            raise RefusedModelError(name, findings)
        family, words = describe.family_of(root), describe.own_words(root)
        hashes = hashes_of(root, self._hashes.sha256)
        return ModelEntry(
            name=name,
            path=root,
            family=family.name,
            revision=revision,
            sha256=combined(hashes),
            files=hashes,
            licence=licence or words.licence or UNKNOWN_LICENCE,
            defaults=defaults or describe.defaults_of(root, family, words),
            description=words.description if description is None else description,
            subjects=describe.subjects_of(root, words),
        )

    def _built_in(self) -> ModelEntry:
        """Made at the first call: some 30 ms for its hash."""
        with self._lock:
            if self._starter is None:
                self._starter = self._described(STARTER, starter.folder(), None, None, None, None)
            return self._starter


def _taken(name: str) -> ConflictError:
    return ConflictError(f"there is a model called {name} already", field="name", hint="remove it first")


def _unknown(name: str, known: list[str]) -> NotFoundError:
    nearest = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known[:5]
    return NotFoundError(
        f"model: there is no model called {name[:80]!r}",
        field="model",
        hint=f"there is: {', '.join(nearest)}" if nearest else "add one with `mezzotint models add`",
    )
