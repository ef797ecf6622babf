"""Vary a picture a little."""

from __future__ import annotations

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.buttons.vary import vary
from frontends.discord_bot.buttons.wishes import SUBTLE


class Subtle(JobButton, template=ids.template("subtle")):
    """Others that begin with the picture and change a little of it."""

    public = True

    async def act(self, press: Press) -> None:
        """Order them."""
        await vary(press, SUBTLE, "subtle")
