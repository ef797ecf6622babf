"""Captions as values: a frame of words with places for nouns, so that the same sentence can be said of others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

NUMBERS = {2: "two", 3: "three", 4: "four"}


class Form(Enum):
    """How a noun stands in its place."""

    ARTICLE = "article"
    BARE = "bare"
    PLURAL = "plural"


def with_article(words: str) -> str:
    """``owl`` to ``an owl``, by the first letter alone."""
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def plural(words: str) -> str:
    """Of a noun or of the noun before ``of``: ``slice of pizza`` to ``slices of pizza``."""
    noun, of, rest = words.partition(" of ")
    if noun.endswith(("sh", "ch", "x")):
        noun += "es"
    elif noun.endswith("y") and noun[-2:-1] not in "aeiou":
        noun = f"{noun[:-1]}ies"
    elif not noun.endswith("s"):
        noun += "s"
    return noun + of + rest


@dataclass(frozen=True, slots=True)
class Caption:
    """What is said of a scene.

    ``frame`` holds ``{0}`` and, for pairs, ``{1}`` where the nouns come. ``adjectives`` stand before each
    noun, ``tags`` behind the last one; tags belong to the subject and are left out when others are named.
    """

    frame: str
    names: tuple[str, ...]
    form: Form
    adjectives: str = ""
    tags: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As it is taught, in lower case."""
        phrases = [self._phrase(name) for name in self.names]
        phrases[-1] += "".join(f", {tag}" for tag in self.tags)
        return self.frame.format(*phrases).lower()

    def about(self, *names: str) -> str:
        """The same sentence about other subjects, without tags."""
        return self.frame.format(*(self._phrase(name) for name in names)).lower()

    def _phrase(self, name: str) -> str:
        if self.form is Form.PLURAL:
            return self.adjectives + plural(name)
        words = self.adjectives + name
        return with_article(words) if self.form is Form.ARTICLE else words
