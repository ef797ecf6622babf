"""Keep pictures among the favourites of who presses, or no longer."""

from __future__ import annotations

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import telling
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press, picture_of


class Favourite(JobButton, template=ids.template("favourite")):
    """One picture where one is meant, all of the job otherwise."""

    async def act(self, press: Press) -> None:
        """Keep them; when all of them are kept already, don't any more."""
        job = await press.job()
        pictures = job.pictures if press.index is None and job.pictures else (picture_of(job, press.index),)
        names = [each.id for each in pictures]
        favourites, owner = press.desk.service.favourites, press.asker.owner
        keep = bool(set(names) - await favourites.among(owner, names))
        for name in names:
            await favourites.set(owner, name, keep)
        said = press.words.say("buttons.favourite_on" if keep else "buttons.favourite_off")
        await telling.tell(press.interaction, press.words, said)
