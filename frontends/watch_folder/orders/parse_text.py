"""``.txt``: one prompt a line. Blank lines and lines that begin with ``#`` are skipped."""

from __future__ import annotations

from typing import BinaryIO

from frontends.watch_folder.orders import text
from frontends.watch_folder.orders.entry import Entries, Entry


def parse(file: BinaryIO) -> Entries:
    """Entries numbered by the line they stand on."""
    for number, line in enumerate(text.lines(file), start=1):
        if isinstance(line, ValueError):
            yield Entry(number, error=str(line))
            continue
        prompt = line.strip()
        if prompt and not prompt.startswith("#"):
            yield Entry(number, {"prompt": prompt})
