"""Names and descriptions of commands, told to Discord in every language when the commands are sent."""

from __future__ import annotations

from typing import Any

from discord import Locale, app_commands

from frontends.discord_bot.words.catalogue import ENGLISH, Catalogue


class Translator(app_commands.Translator):
    """Finds what :meth:`Catalogue.marked` has marked. English is what the commands carry anyway."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def translate(
        self, string: app_commands.locale_str, locale: Locale, context: app_commands.TranslationContext[Any, Any]
    ) -> str | None:
        """The text in this language; None where it has none of its own."""
        key = string.extras.get("key")
        if key is None or not self._catalogue.speaks(locale):
            return None
        words = self._catalogue.words(locale)
        return None if words.language == ENGLISH else words.label(key)
