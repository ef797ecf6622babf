"""Figures in words, for people."""

from __future__ import annotations


def size(length: int) -> str:
    """Bytes in one unit."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if length >= unit:
            return f"{length / unit:.1f} {name}"
    return f"{length} bytes"


def counted(number: int, one: str, more: str | None = None) -> str:
    """A number of things, in the singular or the plural."""
    return f"{number} {one if number == 1 else more or f'{one}s'}"
