"""Vary a picture a lot."""

from __future__ import annotations

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.buttons.vary import vary
from frontends.discord_bot.buttons.wishes import STRONG


class Strong(JobButton, template=ids.template("strong")):
    """Others that begin with the picture and change a lot of it."""

    public = True

    async def act(self, press: Press) -> None:
        """Order them."""
        await vary(press, STRONG, "strong")
