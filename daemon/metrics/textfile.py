"""The figures as a file, for collectors that read files: whole at any moment, and never much older than its period."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Protocol

import structlog

from config.settings import MetricsSettings
from daemon.service import Conditions, Exposition

CONDITION = "metrics file"

log = structlog.get_logger(__name__)


class Source(Protocol):
    """Whoever has the figures."""

    async def expose(self, accept: str) -> Exposition:
        """All of them in one text."""


class TextFile:
    """Writes the file again and again, if the settings name one."""

    def __init__(self, source: Source, settings: MetricsSettings, conditions: Conditions) -> None:
        self._source = source
        self._settings = settings
        self._conditions = conditions
        self._changed = asyncio.Event()

    def reconfigure(self, settings: MetricsSettings) -> None:
        """Another file or period from now on. The file before is removed: a collector would go on reading it."""
        before, self._settings = self._settings.textfile, settings
        if before is not None and before != settings.textfile:
            with contextlib.suppress(OSError):
                before.unlink(missing_ok=True)
            self._conditions.clear(CONDITION)
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled. A disk that does not let it is tried again with the next turn, and status says so."""
        while True:
            self._changed.clear()
            settings = self._settings
            if settings.textfile is not None:
                await self._write(settings.textfile, int(settings.textfile_mode, 8))
            with contextlib.suppress(TimeoutError):
                seconds = None if settings.textfile is None else settings.every_seconds
                async with asyncio.timeout(seconds):
                    await self._changed.wait()

    async def _write(self, path: Path, mode: int) -> None:
        try:
            text = (await self._source.expose("")).text
            await asyncio.to_thread(write_whole, path, text, mode)
        except OSError as error:
            why = f"{path} can't be written: {error.strerror or error}"
            self._conditions.report(CONDITION, why, "tried again by itself; mend the disk, or set metrics.textfile")
        except Exception as error:  # boundary of a side task: figures are never worth the daemon
            log.error("metrics_broke", exc_info=error)
            self._conditions.report(CONDITION, f"{type(error).__name__}: {error}", "tried again by itself")
        else:
            if self._settings.textfile == path:
                self._conditions.clear(CONDITION)


def write_whole(path: Path, text: bytes, mode: int) -> None:
    """Put ``text`` under ``path`` by a rename, so that a reader sees the one before or this one.

    Not made durable: a newer one comes soon. The temporary has one hidden name, so that a crash leaves one at most.
    """
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
