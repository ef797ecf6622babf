"""A refusal that is told in the language of who asked."""

from __future__ import annotations

from config.errors import UserError


class Refused(UserError):
    """This is not possible here."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        """Of the words; see :class:`frontends.discord_bot.words.Words`."""
        self.values = values
