"""The buttons that turn pages. A page is always of who presses: an id says where to go on, never whose list it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from frontends.discord_bot import listing, searches, telling
from frontends.discord_bot.buttons import ids
from frontends.discord_bot.listing import Listing
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused

if TYPE_CHECKING:
    from frontends.discord_bot.desk import Desk

Button = ui.Button[Any]


class Turning(ui.DynamicItem[Button], template=r"mz:never"):
    """Looks a page up and puts it in the place of the one that is there."""

    def __init__(self, found: ids.ButtonId) -> None:
        super().__init__(ui.Button(custom_id=ids.build(found.verb, found.job, found.index)))
        self.found = found

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed, from its id alone."""
        found = ids.parse(match.string)
        assert found is not None, "the template let it pass"
        return cls(found)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """It was pressed."""
        bot = interaction.client
        try:
            if await telling.first(interaction, new=False):
                page = await self.look(bot.desk, interaction, Asker.of(interaction))
                await interaction.edit_original_response(view=page.view, attachments=list(page.files))
        except Exception as error:  # boundary: the library would only log it
            await bot.tell_error(interaction, error)

    async def look(self, desk: Desk, interaction: discord.Interaction[Any], asker: Asker) -> Listing:
        """The page that is wanted."""
        raise NotImplementedError


class Older(Turning, template=ids.template("page")):
    """Jobs of who presses that are older than one."""

    async def look(self, desk: Desk, interaction: discord.Interaction[Any], asker: Asker) -> Listing:
        """The page that is wanted."""
        return await listing.own(desk, desk.words(interaction), asker.owner, self.found.job)


class Newest(Turning, template=ids.template("newest")):
    """Back to the first page."""

    async def look(self, desk: Desk, interaction: discord.Interaction[Any], asker: Asker) -> Listing:
        """The page that is wanted."""
        return await listing.own(desk, desk.words(interaction), asker.owner)


class Liked(Turning, template=ids.template("liked")):
    """Pictures that were liked before one."""

    async def look(self, desk: Desk, interaction: discord.Interaction[Any], asker: Asker) -> Listing:
        """The page that is wanted."""
        return await listing.favourites(desk, desk.words(interaction), asker.owner, self.found.job)


class Found(Turning, template=ids.template("found")):
    """Another page of what was searched for."""

    async def look(self, desk: Desk, interaction: discord.Interaction[Any], asker: Asker) -> Listing:
        """The page that is wanted."""
        text = await searches.find(desk, asker.owner, self.found.job)
        if text is None:
            raise Refused("search.forgotten")
        page = min(self.found.index or 0, listing.LAST_PAGE)
        return await listing.matching(desk, desk.words(interaction), asker, self.found.job, text, page)


TURNING = (Older, Newest, Liked, Found)
