"""The kinds of files by their endings."""

from __future__ import annotations

import os

IMAGES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
TEXT = frozenset({".txt"})
STRUCTURED = frozenset({".toml", ".yaml", ".yml", ".json"})
TABLES = frozenset({".csv", ".jsonl"})
SIDECARS = TEXT | STRUCTURED
ORDERS = TEXT | STRUCTURED | TABLES
FOLDER_SETTINGS = "folder.toml"


def ending(name: str) -> str:
    """The ending in lower case, with its dot."""
    return os.path.splitext(name)[1].lower()


def is_image(name: str) -> bool:
    """True for a picture that may be dropped."""
    return ending(name) in IMAGES


def is_order(name: str) -> bool:
    """True for a file that holds orders."""
    return ending(name) in ORDERS
