"""The kinds of files by their endings."""

from __future__ import annotations

import os
from collections.abc import Iterable

IMAGES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
TEXT = frozenset({".txt"})
STRUCTURED = frozenset({".toml", ".yaml", ".yml", ".json"})
TABLES = frozenset({".csv", ".jsonl"})
SIDECARS = TEXT | STRUCTURED
ORDERS = TEXT | STRUCTURED | TABLES
ENDINGS = ORDERS | IMAGES
FOLDER_SETTINGS = "folder.toml"

_NAMES = {"text": TEXT, "structured": STRUCTURED, "tables": TABLES, "pictures": IMAGES}
_IMAGE_WORDS = frozenset(each.removeprefix(".") for each in IMAGES)
_PAIRED_WORDS = frozenset(each.removeprefix(".") for each in IMAGES | SIDECARS)


def ending(name: str) -> str:
    """The ending in lower case, with its dot."""
    return os.path.splitext(name)[1].lower()


def is_image(name: str) -> bool:
    """True for a picture that may be dropped."""
    return ending(name) in IMAGES


def is_order(name: str) -> bool:
    """True for a file that holds orders."""
    return ending(name) in ORDERS


def accepted(kinds: Iterable[str]) -> frozenset[str]:
    """The endings of these kinds, as the settings name them."""
    return frozenset(each for kind in kinds for each in _NAMES[kind])


def together(name: str) -> str:
    """What a picture and its sidecars have in common: ``cat`` for ``cat.png``, ``cat.txt`` and ``cat.png.txt``.

    ``cat.jpg.txt`` may belong to ``cat.jpg`` and to ``cat.jpg.png``, so endings of pictures are left out, however many.
    """
    stem, dot, word = name.rpartition(".")
    if not dot or word.lower() not in _PAIRED_WORDS:
        return name
    inner, dot, word = stem.rpartition(".")
    while dot and word.lower() in _IMAGE_WORDS:
        stem = inner
        inner, dot, word = stem.rpartition(".")
    return stem
