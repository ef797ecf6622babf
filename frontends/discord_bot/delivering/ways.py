"""What the library sends for us. Everything here may raise the failures that :mod:`.verdict` judges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import discord
from discord import ui

FILE_LIMIT = 10 << 20
"""Bytes of a file where no guild says that it may be more."""
LOOKED_AT = 300
"""How many messages are looked through for one of ours."""
ORIGINAL: Any = "@original"
"""In the place of an id: the first answer to an interaction."""


class Ways:
    """To messages, by the bot's own token or by that of an interaction."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    @property
    def closed(self) -> bool:
        """Whether the client has ended, and every request fails."""
        return self._client.is_closed()

    def file_limit(self, guild: str | None) -> int:
        """Bytes that one file may have in a guild, or in a direct message."""
        found = self._client.get_guild(int(guild)) if guild else None
        return FILE_LIMIT if found is None else found.filesize_limit

    async def edit_original(self, token: str, view: ui.LayoutView, files: Sequence[discord.File] | None) -> str:
        """Change the first answer to an interaction; returns its id. Without files those that it has stay."""
        return await self.edit_answer(token, ORIGINAL, view, files)

    async def edit_answer(
        self, token: str, message: str, view: ui.LayoutView, files: Sequence[discord.File] | None
    ) -> str:
        """Change an answer to an interaction."""
        number = message if message is ORIGINAL else int(message)
        edited = await self._webhook(token).edit_message(number, view=_still(view), **_attached(files))
        return str(edited.id)

    async def follow_up(self, token: str, view: ui.LayoutView, *, ephemeral: bool) -> str:
        """A further answer to an interaction. Nothing recognises one that is sent twice."""
        sent = await self._webhook(token).send(view=_still(view), ephemeral=ephemeral, wait=True)
        return str(sent.id)

    async def edit(self, channel: str, message: str, view: ui.LayoutView, files: Sequence[discord.File] | None) -> str:
        """Change a message of ours as the bot."""
        partial = self._client.get_partial_messageable(int(channel)).get_partial_message(int(message))
        await partial.edit(view=_still(view), **_attached(files))
        return message

    async def send(
        self, channel: str, view: ui.LayoutView, files: Sequence[discord.File], *, nonce: str, ping: str | None
    ) -> str:
        """A new message as the bot; the same nonce within a few minutes is the same message. ``ping`` is a user."""
        users = [discord.Object(int(ping))] if ping else False
        allowed = discord.AllowedMentions(everyone=False, users=users, roles=False, replied_user=False)
        place = self._client.get_partial_messageable(int(channel))
        sent = await place.send(view=_still(view), files=files, nonce=nonce, allowed_mentions=allowed)
        return str(sent.id)

    async def delete(self, channel: str, message: str) -> None:
        """Take one of our messages away, as the bot."""
        await self._client.get_partial_messageable(int(channel)).get_partial_message(int(message)).delete()

    async def direct(self, user: str) -> str:
        """The channel of direct messages with a user."""
        return str((await self._client.create_dm(discord.Object(int(user)))).id)

    async def find(self, channel: str, since_ms: int, mark: str, known: Collection[str]) -> str | None:
        """Our newest message that carries a mark (part of a custom id or a file name), beside those that are known."""
        since = discord.Object(max(0, (since_ms - discord.utils.DISCORD_EPOCH) << 22))
        place = self._client.get_partial_messageable(int(channel))
        async for message in place.history(limit=LOOKED_AT, after=since, oldest_first=False):
            if message.author == self._client.user and str(message.id) not in known and mark in _marks(message):
                return str(message.id)
        return None

    def go_on(self) -> None:
        """To be called when a request was broken off.

        Broken off while it waited for a limit that holds for all requests, the library would let none pass again.
        """
        self._client.http._global_over.set()

    def _webhook(self, token: str) -> discord.Webhook:
        """As the library makes it of an interaction: a partial one knows nothing of ephemeral answers."""
        assert self._client.application_id is not None, "not logged in"
        data: Any = {"id": self._client.application_id, "type": discord.WebhookType.application.value, "token": token}
        return discord.Webhook.from_state(data, self._client._connection)


def _still(view: ui.LayoutView) -> ui.LayoutView:
    """A view that the library does not keep: our buttons are recognised by their ids, for ever."""
    view.stop()
    return view


def _attached(files: Sequence[discord.File] | None) -> dict[str, Any]:
    return {} if files is None else {"attachments": list(files)}


def _marks(message: discord.Message) -> str:
    return repr([each.to_dict() for each in message.components]) + repr([each.filename for each in message.attachments])
