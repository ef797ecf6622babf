"""A label that outsiders may choose, kept to few values."""

from __future__ import annotations

MOST = 16
OTHER = "other"


class Few:
    """The first so many different words as they are, any further one as ``other``: a series is kept for each."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, word: str) -> str:
        """The value of the label."""
        if word not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(word)
        return word
