"""Words and phrases that a prompt must not hold: whole words, however they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts that put no spaces between words: each of their signs stands for itself."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in one form of each: small letters, wide and fancy ones made plain, without what can't be
    seen. Punctuation parts words and is no part of one."""
    # Twice: the small form of a letter need not be the plain one.
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(each for each in plain if unicodedata.category(each) != "Cf")
    return tuple(_WORD.findall(seen))


def found(phrases: Iterable[str], text: str) -> str | None:
    """The first of the phrases whose words stand in the text one after the other."""
    words = words_of(text)
    for phrase in phrases:
        wanted = words_of(phrase)
        last = len(words) - len(wanted)
        if wanted and any(words[at : at + len(wanted)] == wanted for at in range(last + 1)):
            return phrase
    return None
