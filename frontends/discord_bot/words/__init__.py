"""What users read, in their language: texts by key, one folder a language, one file a feature."""

from __future__ import annotations

from frontends.discord_bot.words.catalogue import LANGUAGES, Catalogue
from frontends.discord_bot.words.translator import Translator
from frontends.discord_bot.words.words import Marked, Words

__all__ = ["LANGUAGES", "Catalogue", "Marked", "Translator", "Words"]
