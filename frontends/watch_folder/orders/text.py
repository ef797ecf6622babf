"""Bytes of strangers as text: UTF-8 with or without BOM, any line ends, bounded lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from frontends.watch_folder.orders.entry import UnreadableError

MAX_LINE_BYTES = 64 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8")
_BOM = b"\xef\xbb\xbf"


class TooLongError(ValueError):
    """A line beyond the bound."""


def lines(file: BinaryIO) -> Iterator[str | ValueError]:
    """The lines without their ends, one at a time. A line that is too long or not UTF-8 comes as the error."""
    first = True
    while raw := file.readline(MAX_LINE_BYTES + 1):
        if first:
            refuse_other_kinds(raw)
            raw, first = raw.removeprefix(_BOM), False
        if len(raw) > MAX_LINE_BYTES:
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(MAX_LINE_BYTES)
            yield TooLongError(f"the line is longer than {MAX_LINE_BYTES // 1024} KiB")
            continue
        for part in raw.rstrip(b"\r\n").split(b"\r"):  # a lone CR ended lines once
            yield _decoded(part)


def _decoded(raw: bytes) -> str | ValueError:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return ValueError("the line is not UTF-8 text")


def whole(file: BinaryIO, max_bytes: int) -> str:
    """All of a file as text; raises :class:`UnreadableError`."""
    raw = file.read(max_bytes + 1)
    if len(raw) > max_bytes:
        raise UnreadableError(
            f"the file is larger than {max_bytes // 1024} KiB",
            hint="long lists belong into a .jsonl, .csv or .txt file, which is read line by line",
        )
    refuse_other_kinds(raw)
    try:
        return raw.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"line {line} is not UTF-8 text", hint="save the file as UTF-8") from None


def refuse_other_kinds(raw: bytes) -> None:
    """Say plainly when a text file is none."""
    if raw.startswith(_UTF16):
        raise UnreadableError("the file is UTF-16 text", hint="save the file as UTF-8")
    if raw.startswith(_PICTURES):
        raise UnreadableError("the file is a picture, not text", hint="give it the ending of its kind, e.g. .png")
    if b"\x00" in raw[:4096]:
        raise UnreadableError("the file is not text")
