"""The buttons that turn pages. A page is always of who presses: an id says where to go on, never whose list it is."""

from __future__ import annotations

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import lately, listing
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.listing import Listing
from frontends.discord_bot.refusal import Refused


class Turning(JobButton, template="mz:nowhere"):
    """Looks a page up and puts it in the place of the one that is there."""

    new = False

    async def act(self, press: Press) -> None:
        """Show it."""
        page = await self.page(press)
        await press.interaction.edit_original_response(view=page.view, attachments=list(page.files))

    async def page(self, press: Press) -> Listing:
        """The one that is wanted."""
        raise NotImplementedError


class Older(Turning, template=ids.template("page")):
    """Jobs of who presses that are older than one."""

    async def page(self, press: Press) -> Listing:
        """The one that is wanted."""
        return await listing.own(press.desk, press.words, press.asker.owner, press.job_id)


class Newest(Turning, template=ids.template("newest")):
    """Back to the first page."""

    async def page(self, press: Press) -> Listing:
        """The one that is wanted."""
        return await listing.own(press.desk, press.words, press.asker.owner)


class Liked(Turning, template=ids.template("liked")):
    """Pictures that were liked before one."""

    async def page(self, press: Press) -> Listing:
        """The one that is wanted."""
        return await listing.favourites(press.desk, press.words, press.asker.owner, press.job_id)


class Found(Turning, template=ids.template("found")):
    """Another page of what was searched for."""

    async def page(self, press: Press) -> Listing:
        """The one that is wanted."""
        await press.desk.policy.admit(press.asker, "search")
        text = await lately.find(press.desk, press.asker.owner, lately.SEARCHES, press.job_id)
        if text is None:
            raise Refused("search.forgotten")
        number = min(press.index or 0, listing.LAST_PAGE)
        return await listing.matching(press.desk, press.words, press.asker, press.job_id, str(text), number)


TURNING = (Older, Newest, Liked, Found)
