"""PNG files put together by hand, for tests of whatever reads them."""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk with its right checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*extra: bytes, width: int = 1, height: int = 1) -> bytes:
    """A grey picture with ``extra`` chunks before its data. The data is one row's worth, whatever the header claims."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\x00\x00")
    return SIGNATURE + chunk(b"IHDR", header) + b"".join(extra) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def plain_text(keyword: str, text: str) -> bytes:
    """tEXt."""
    return chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1"))


def packed_text(keyword: str, text: bytes) -> bytes:
    """zTXt."""
    return chunk(b"zTXt", keyword.encode("latin-1") + b"\0\0" + zlib.compress(text))


def international_text(keyword: str, text: str, *, packed: bool = False) -> bytes:
    """iTXt."""
    content = zlib.compress(text.encode()) if packed else text.encode()
    return chunk(b"iTXt", keyword.encode("latin-1") + (b"\0\1\0\0\0" if packed else b"\0\0\0\0\0") + content)
