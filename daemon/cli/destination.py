"""Where pictures are copied to: a file, numbered files, or a directory. Nothing is overwritten unasked."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.errors import FatalError
from daemon.cli.exits import UsageError


@dataclass(frozen=True)
class Destination:
    """What ``--out`` and ``--force`` say."""

    out: Path
    force: bool

    def check(self, count: int) -> None:
        """Refuse before anything is drawn what could not be written afterwards."""
        if self._is_directory:
            return
        if self.out.suffix.lower() not in ("", ".png"):
            raise UsageError(f"--out: pictures are PNG files, not {self.out.suffix}", field="out")
        if not os.path.isdir(self.out.parent):
            raise UsageError(f"--out: there is no directory {self.out.parent}", field="out")
        for path in self._files([""] * count):
            if os.path.lexists(path) and not self.force:
                raise UsageError(
                    f"--out: {path} exists already", field="out", hint="choose another name, or add --force"
                )

    def write(self, pictures: Sequence[tuple[str, bytes]]) -> list[Path]:
        """Write pictures given as id and PNG; returns their paths in the same order."""
        if self._is_directory:
            self.out.mkdir(parents=True, exist_ok=True)
        paths = self._files([name for name, _ in pictures])
        for path, (_, png) in zip(paths, pictures, strict=True):
            self._write(path, png)
        return [path.absolute() for path in paths]

    @property
    def _is_directory(self) -> bool:
        # os.path, not Path: that raises where a name is too long to be one.
        return os.path.isdir(self.out) or str(self.out).endswith("/")

    def _files(self, names: Sequence[str]) -> list[Path]:
        if self._is_directory:
            return [self.out / f"{name}.png" for name in names]
        named = self.out.with_suffix(".png") if not self.out.suffix else self.out
        if len(names) == 1:
            return [named]
        return [named.with_stem(f"{named.stem}-{number}") for number in range(1, len(names) + 1)]

    def _write(self, path: Path, png: bytes) -> None:
        # A name nobody can foresee, made only where there is none: in a directory that others write to, a link
        # that waited there would lead the picture elsewhere.
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666), "wb") as file:
                file.write(png)
            if self.force:
                part.replace(path)
            else:
                # A link fails where the name is taken meanwhile; a rename would not.
                os.link(part, path)
        except OSError as error:
            raise FatalError(f"can't write {path}: {error.strerror}", field="out") from None
        finally:
            with suppress(OSError):
                part.unlink()
