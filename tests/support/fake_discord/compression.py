"""Whole connections in one stream of compression, as the client asks for it."""

from __future__ import annotations

import importlib
import zlib
from typing import Any, Protocol


class Stream(Protocol):
    """Makes a frame of each text."""

    def frame(self, text: str) -> bytes | str: ...


class Plain:
    """No compression: text frames."""

    def frame(self, text: str) -> str:
        return text


class Zlib:
    """One zlib stream for the connection; every message ends in a flush."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def frame(self, text: str) -> bytes:
        return self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class Zstd:
    """One zstd frame for the connection, flushed after every message; with whichever library the client has."""

    def __init__(self) -> None:
        self._stream: Any
        try:
            library = importlib.import_module("compression.zstd")
            self._stream, self._flush = library.ZstdCompressor(), library.ZstdCompressor.FLUSH_BLOCK
        except ImportError:
            library = importlib.import_module("zstandard")
            self._stream, self._flush = library.ZstdCompressor().compressobj(), library.COMPRESSOBJ_FLUSH_BLOCK

    def frame(self, text: str) -> bytes:
        packed: bytes = self._stream.compress(text.encode())
        rest: bytes = self._stream.flush(self._flush)
        return packed + rest


def stream(wanted: str | None) -> Stream | None:
    """What a connection asked for; nothing when there is no such compression."""
    kinds: dict[str | None, type[Plain] | type[Zlib] | type[Zstd]] = {
        None: Plain,
        "zlib-stream": Zlib,
        "zstd-stream": Zstd,
    }
    return kinds[wanted]() if wanted in kinds else None
