"""Every text in every language, read once when the bot is built."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from discord import app_commands

from frontends.discord_bot.words.words import Words

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de", "fr")


class Catalogue:
    """The languages that the bot speaks. English stands in for the others, and for what is missing in one."""

    def __init__(self, languages: Mapping[str, Mapping[str, str]]) -> None:
        english = languages[ENGLISH]
        self._words = {name: Words(name, {**english, **texts}) for name, texts in languages.items()}
        self._english = english

    @classmethod
    def read(cls) -> Catalogue:
        """The texts that come with the program."""
        return cls({language: texts(language) for language in LANGUAGES})

    def words(self, locale: object) -> Words:
        """Of a locale of Discord's, such as ``de`` or ``en-GB``; whatever it is, there are words."""
        return self._words.get(str(locale).partition("-")[0], self._words[ENGLISH])

    def speaks(self, locale: object) -> bool:
        """Whether there are words of this very language."""
        return str(locale).partition("-")[0] in self._words

    def marked(self, key: str) -> app_commands.locale_str:
        """The English text for the name or description of a command, which the translator finds again by its key."""
        return app_commands.locale_str(self._english[key], key=key)


def texts(language: str) -> dict[str, str]:
    """All texts of one language by their keys, as its files hold them."""
    found: dict[str, str] = {}
    folder = resources.files(__package__) / language
    for each in sorted(folder.iterdir(), key=lambda file: file.name):
        if each.name.endswith(".toml"):
            found.update(_flat(each.name.removesuffix(".toml"), tomllib.loads(each.read_text("utf-8"))))
    return found


def _flat(before: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{before}.{name}"
        if isinstance(value, Mapping):
            yield from _flat(key, value)
        else:
            yield key, str(value)
