"""The one way from somebody's wish to a job.

Everything is written before it is acknowledged: first where the answer goes (a post), then the job, which names it.
So whatever ends in between, the result finds its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import discord

from config.clock import Clock
from config.errors import MezzotintError, RetryableError, UserError
from config.settings import Settings
from daemon.service import Origin, Post, Receipt, Service, Submission
from frontends.discord_bot import telling
from frontends.discord_bot.answers import post_of
from frontends.discord_bot.delivering.live import Live
from frontends.discord_bot.models import ModelBoard
from frontends.discord_bot.options import OPTIONS
from frontends.discord_bot.own import Own
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.policy.door import Policy
from frontends.discord_bot.policy.grant import Grant
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.wish import Wish
from frontends.discord_bot.words import Catalogue

SOURCE = "discord"
FETCH_SECONDS = 30.0
"""For an attached picture."""
BESIDE = ("image", "spoiler", "private")
"""Options that say nothing about the request."""


class Ordering:
    """Takes wishes, from interactions and from messages."""

    def __init__(
        self,
        *,
        settings: Settings,
        service: Service,
        catalogue: Catalogue,
        board: ModelBoard,
        policy: Policy,
        live: Live,
        own: Own,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._service = service
        self._catalogue = catalogue
        self._board = board
        self._policy = policy
        self._live = live
        self._own = own
        self._clock = clock

    async def order(self, interaction: discord.Interaction[Any], wish: Wish, verb: str = "imagine") -> Receipt | None:
        """Make a job of an interaction and show it in a message of its own.

        Never raises what is the asker's to know: that is told to him. None when there is no job.
        """
        words = self._catalogue.words(str(interaction.locale))
        known = await telling.first_knowing(interaction, self._is_private(interaction, wish), bool)
        if known is None:
            return None
        _, private = known
        asker = Asker.of(interaction)
        post = post_of(interaction, self._clock(), private=private)
        try:
            receipt = await self.take(
                asker, replace(wish, private=private), post, str(interaction.locale), f"i{interaction.id}", verb
            )
        except MezzotintError as error:
            await telling.tell(interaction, words, telling.said_of(error, words))
            return None
        if receipt.created:
            await self._live.begin(receipt.id, post.id)
        return receipt

    async def take(self, asker: Asker, wish: Wish, post: Post, locale: str, key: str, verb: str) -> Receipt:
        """Make a job whose result goes to a post. Raises the errors of the service and :class:`Refused`."""
        grant = await self._policy.admit(asker, verb)
        said = await self._said(asker, wish, grant)
        fields = {**self.fields(said), **wish.fields}
        fields |= grant.fitted(fields, self.completed(fields))
        image = wish.image if wish.image is not None else said.get("image")
        if wish.said is not None and image is None:
            fields.pop("denoising_strength", None)
        await self._policy.check(asker, self.completed(fields))
        hidden = grant.spoiler or bool(said.get("spoiler", False) if wish.spoiler is None else wish.spoiler)
        submission = Submission(
            fields=fields,
            owner=asker.owner,
            key=key,
            origin=Origin(
                SOURCE,
                {
                    "post": post.id,
                    "guild": asker.guild,
                    "channel": asker.place,
                    "user": asker.user,
                    "locale": locale,
                    "private": bool(wish.private),
                    "spoiler": hidden,
                },
            ),
            deliver=True,
            image=await self._fetched(image),
            parent=wish.parent,
            groups=grant.groups,
            limits=grant.limits,
        )
        await self._service.posts.open(post)
        try:
            receipt = await self._service.submit(submission)
        except MezzotintError:
            await self._service.posts.told(post.id, "gone", "none", "no job came of it")
            raise
        if receipt.created:
            await self._service.posts.bind(post.id, receipt.id)
        return receipt

    async def _is_private(self, interaction: discord.Interaction[Any], wish: Wish) -> bool:
        """Decided before the first answer, which can't be changed in this any more."""
        if wish.private is not None:
            return wish.private
        if wish.said is None:
            return False
        if "private" in wish.said:
            return bool(wish.said["private"])
        return await self._own.is_private(f"discord:{interaction.user.id}")

    async def _said(self, asker: Asker, wish: Wish, grant: Grant) -> dict[str, Any]:
        """What was said, where nothing was what the asker set for himself, and then what is set for the place."""
        if wish.said is None:
            return {}
        own = await self._own.of(asker.owner)
        return self.modelled({**grant.defaults, **own, **wish.said}, grant)

    def modelled(self, said: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """With a model that may be used, where none is named and not every one may."""
        usual = self._board.chosen().name
        model = grant.model([usual, *(each.name for each in self._board.models)])
        return said if model is None or "model" in said else {**said, "model": model}

    def fields(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What was said, by the names of options, as fields of a request."""
        model = self._board.chosen(said.get("model"))
        fields: dict[str, Any] = {}
        for option in OPTIONS:
            if option.name in said and option.name not in BESIDE:
                fields |= option.fields(said[option.name], model)
        return fields

    def completed(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """With what the model draws with where nothing was said."""
        model = self._board.chosen(fields.get("model"))
        return {**model.defaults.model_dump(), "model": model.name, "count": 1, **fields}

    async def _fetched(self, image: bytes | discord.Attachment | None) -> bytes | None:
        """The picture itself: its address is worth nothing tomorrow."""
        if not isinstance(image, discord.Attachment):
            return image
        most = self._settings.limits.max_image_bytes
        if image.size > most:
            raise Refused("errors.image_too_large", most=most // 2**20)
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                return await image.read()
        except discord.NotFound:
            raise UserError("image: the picture is gone", field="image", hint="attach it again") from None
        except (discord.HTTPException, OSError, TimeoutError) as error:
            raise RetryableError("the picture could not be fetched from Discord", hint="try again") from error
