"""The text chunks of a PNG, read without decoding the picture, with bounds on everything.

Source: the PNG specification, third edition, 11.3.3 (tEXt, zTXt, iTXt).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import islice

from config.errors import UserError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_TEXT_BYTES = 2 * 1024 * 1024
"""Of one text, unpacked. Workflows of other tools reach some hundred kilobytes."""
MAX_TOTAL_BYTES = 8 * 1024 * 1024
MAX_TEXTS = 64
"""Texts that are looked at, the broken and the repeated ones included: each may take the time of unpacking it."""
MAX_CHUNKS = 100_000
"""A picture of 40 megapixels has some 15,000 data chunks of the usual 8 kB."""


def read_texts(data: bytes) -> dict[str, str]:
    """Keyword to text; of two with one keyword the first counts. Texts beyond the bounds and broken ones are left out.

    Raises :class:`UserError` only when ``data`` is no PNG at all.
    """
    if not data.startswith(SIGNATURE):
        raise UserError("this is not a PNG file", field="image")
    texts: dict[str, str] = {}
    total = 0
    for kind, body in islice(_chunks(data), MAX_TEXTS):
        found = _READERS[kind](body)
        if found is None or found[0] in texts:
            continue
        total += len(found[1])
        if total > MAX_TOTAL_BYTES:
            break
        texts[found[0]] = found[1]
    return texts


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each chunk; only the bodies of texts are copied. Ends quietly where the file is broken."""
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if at + 12 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if kind == b"IEND" or end + 4 > len(data):
            return
        if kind in _READERS and length <= MAX_TEXT_BYTES:
            body = data[at + 8 : end]
            if zlib.crc32(kind + body) == struct.unpack_from(">I", data, end)[0]:
                yield kind, body
        at = end + 4


def _plain(body: bytes) -> tuple[str, str] | None:
    keyword, found, text = body.partition(b"\x00")
    return _named(keyword, text, "latin-1") if found else None


def _packed(body: bytes) -> tuple[str, str] | None:
    keyword, found, rest = body.partition(b"\x00")
    text = _unpack(rest[1:]) if found and rest[:1] == b"\x00" else None
    return None if text is None else _named(keyword, text, "latin-1")


def _international(body: bytes) -> tuple[str, str] | None:
    keyword, found, rest = body.partition(b"\x00")
    parts = rest[2:].split(b"\x00", 2)  # language, translated keyword, text
    if not found or len(parts) != 3 or rest[0] > 1:
        return None
    text = _unpack(parts[2]) if rest[0] == 1 else parts[2]
    return None if text is None else _named(keyword, text, "utf-8")


def _named(keyword: bytes, text: bytes, encoding: str) -> tuple[str, str] | None:
    if not 0 < len(keyword) < 80:
        return None
    try:
        return keyword.decode("latin-1"), text.decode(encoding)
    except UnicodeDecodeError:
        return None


def _unpack(packed: bytes) -> bytes | None:
    """Never holds more than the bound, however much the bytes claim to unpack to."""
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, MAX_TEXT_BYTES)
    except zlib.error:
        return None
    return text if unpacker.eof else None


_READERS = {b"tEXt": _plain, b"zTXt": _packed, b"iTXt": _international}
