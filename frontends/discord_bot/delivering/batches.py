"""Which pictures share a message. Always the same ones, so that a delivery that comes again knows its messages."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.service import Picture

MOST_FILES = 10
MOST_BYTES = 24 << 20
"""Of the files of one request: 25 MiB less what is written around them."""


def batches(pictures: Sequence[Picture], file_limit: int) -> list[tuple[Picture, ...]]:
    """In their order. A picture counts with its own bytes, or with ``file_limit`` when it has to be made smaller."""
    made: list[list[Picture]] = []
    room = 0
    for picture in pictures:
        size = min(picture.bytes, file_limit)
        if not made or len(made[-1]) == MOST_FILES or size > room:
            made.append([])
            room = max(MOST_BYTES, file_limit)
        made[-1].append(picture)
        room -= size
    return [tuple(each) for each in made]
