"""The texts of one language."""

from __future__ import annotations

from collections.abc import Mapping

from frontends.discord_bot.layouts import text


class Marked(str):
    """A value that is markup of our own making (a time, a link, a mention) and goes into a text as it is."""

    __slots__ = ()


MOST_OF_A_VALUE = 1_000
"""Characters of a user's that go into a text as one value; longer ones are cut."""


class Words:
    """What is said in one language. Keys are ``file.key``; a key that is not there is a defect (``KeyError``)."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def say(self, key: str, **values: object) -> str:
        """The text for a message: what is in ``values`` shows as it was typed and marks up nothing."""
        told = {name: self._told(value) for name, value in values.items()}
        return self._texts[key].format_map(told)

    def label(self, key: str, **values: object) -> str:
        """The text for a place without markup (a button, an option, a title): on one line, nothing escaped."""
        told = {name: self._number(value) or text.line(str(value), MOST_OF_A_VALUE) for name, value in values.items()}
        return self._texts[key].format_map(told)

    def figure(self, value: float) -> str:
        """A number as it is written in this language, with no more digits than it needs."""
        written = f"{value:.6g}"
        return written if self.language == "en" else written.replace(".", ",")

    def _told(self, value: object) -> str:
        if isinstance(value, Marked):
            return str(value)
        return self._number(value) or text.plain(str(value), MOST_OF_A_VALUE)

    def _number(self, value: object) -> str | None:
        if isinstance(value, float):
            return self.figure(value)
        return str(value) if isinstance(value, int) else None
