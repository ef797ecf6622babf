"""The end of a job: what is told of it, message by message, and what is done when nobody can be told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import discord
import structlog
from discord import ui

from config.clock import Clock
from config.errors import MezzotintError, NotFoundError, RetryableError
from config.failpoints import reach
from config.ids import new_id
from daemon.service import TERMINAL, Delivery, Job, Picture, Post
from frontends.discord_bot.delivering import lineage
from frontends.discord_bot.delivering.batches import batches
from frontends.discord_bot.delivering.chain import Chain
from frontends.discord_bot.delivering.content import Content, Piece
from frontends.discord_bot.delivering.door import Door, newest_living
from frontends.discord_bot.delivering.errand import Errand
from frontends.discord_bot.delivering.ladder import Ladder
from frontends.discord_bot.delivering.live import Live
from frontends.discord_bot.delivering.placing import placed
from frontends.discord_bot.delivering.reasons import reason
from frontends.discord_bot.delivering.requests import REQUEST_SECONDS
from frontends.discord_bot.delivering.ways import Ways
from frontends.discord_bot.layouts import done as done_layout
from frontends.discord_bot.layouts import ended as ended_layout
from frontends.discord_bot.words import Catalogue, Words

BROKEN_TRIES = 2
"""After so many tries that broke on a defect of ours it is kept, and its owner is told why."""

log = structlog.get_logger(__name__)


class Deliverer:
    """See :class:`daemon.service.Deliverer`. It returns when the result is there, or kept with the reason."""

    def __init__(
        self,
        client: discord.Client,
        live: Live,
        service: Door,
        catalogue: Catalogue,
        clock: Clock,
        *,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        self._locks = live.locks
        self._service = service
        self._catalogue = catalogue
        self._clock = clock
        self._ways = Ways(client)
        self._chain = Chain(self._ways, service.posts, clock, request_seconds)

    async def deliver(self, delivery: Delivery, job: Job) -> None:
        """Raises :class:`RetryableError` for what may pass."""
        if job.state not in TERMINAL:  # it is tried again meanwhile: its next end is told
            return
        async with self._locks.of(job.id):
            post = await placed(self._service.posts, self._clock, delivery, job)
            if post.state == "gone":
                return
            try:
                await self._tell(delivery, job, post)
            except MezzotintError:
                raise
            except Exception as error:
                if self._ways.closed:
                    raise RetryableError("the bot has lost its connection") from error
                if delivery.attempt < BROKEN_TRIES:
                    raise
                log.error("delivery_kept", job=job.id, post=post.id, exc_info=error)
                await self._end(post, "kept", None, self._words_of(job).say("delivering.defect"))

    async def show(self, job: Job, post: Post) -> None:
        """Bring a job to one more place, now or not at all. Raises :class:`RetryableError` for what may pass."""
        delivery = Delivery(
            id=new_id(self._clock()),
            job_id=job.id,
            source=post.source,
            address=job.origin.address,
            attempt=0,
            created_at=self._clock(),
        )
        async with self._locks.of(job.id):
            await self._tell(delivery, job, post)

    async def _tell(self, delivery: Delivery, job: Job, post: Post) -> None:
        errand = await self._errand(delivery, job, post)
        doubtful = post.route if post.state == "open" else None
        first: str | None = None
        async for content in self._contents(job, post):
            if content.part and await self._is_there(errand, content.part, doubtful):
                continue
            route = await self._chain.bring(errand, content)
            if route is None:
                why = reason(self._words_of(job), (each.code for each in errand.closed))
                log.warning("result_kept", job=job.id, post=post.id, part=content.part, why=str(errand.closed[-1]))
                await self._end(post, "kept", None, why)
                return
            first = first or route
        if first is None:
            await self._end(post, "kept", None, self._words_of(job).say("delivering.gone"))
        else:
            await self._end(post, "told", first, None)

    async def _errand(self, delivery: Delivery, job: Job, post: Post) -> Errand:
        messages = await self._service.posts.messages(post.id)
        living = newest_living(messages)
        words = self._words_of(job)
        return Errand(
            delivery=delivery.id,
            began=delivery.created_at,
            post=post,
            public=not (post.ephemeral or job.origin.address.get("private")),
            ping=post.interaction is not None,
            living=living.message_id if living else None,
            living_channel=living.channel if living else post.channel,
            direct_line=lambda code: words.say("delivering.direct", why=reason(words, [code])),
            known={each.message_id for each in messages},
            direct=living is not None and living.channel != post.channel,
        )

    async def _is_there(self, errand: Errand, part: int, doubtful: str | None) -> bool:
        """Whether an earlier try has brought this part to where the first one is."""
        if doubtful == f"follow_up {part}":
            return False
        messages = await self._service.posts.messages(errand.post.id)
        own = (each for each in messages if each.part == part)
        return any(not errand.direct or each.channel != errand.post.channel for each in own)

    # --- what is said

    async def _contents(self, job: Job, post: Post) -> AsyncIterator[Content]:
        words = self._words_of(job)
        url = await lineage.parent_url(self._service, job)
        if job.state != "done":
            yield Content(0, f"mz:retry:{job.id}", lambda _: ended_layout.ended(job, words, parent_url=url))
            return
        limit = self._ways.file_limit(post.guild)
        for part, pictures in enumerate(batches(job.pictures, limit)):
            pieces = await self._pieces(pictures, limit)
            if pieces:
                yield self._pictures(job, words, part, pieces, url)

    def _pictures(self, job: Job, words: Words, part: int, pieces: Sequence[Piece], url: str | None) -> Content:
        spoiler = bool(job.origin.address.get("spoiler"))

        def look(shown: Sequence[done_layout.Shown]) -> ui.LayoutView:
            if part:
                return done_layout.part(job, words, shown, spoiler=spoiler)
            return done_layout.done(job, words, shown, spoiler=spoiler, parent_url=url)

        mark = pieces[0].picture.id
        reduced = words.say("delivering.reduced")
        return Content(part, mark, look, pieces, alt=job.request.prompt, spoiler=spoiler, reduced=reduced)

    async def _pieces(self, pictures: Sequence[Picture], limit: int) -> list[Piece]:
        pieces = []
        for picture in pictures:
            try:
                ladder = Ladder(await self._service.picture_bytes(picture.id))
            except NotFoundError:
                continue
            await ladder.fit(limit)
            pieces.append(Piece(picture, ladder))
        return pieces

    # --- how it ended

    async def _end(self, post: Post, state: str, route: str | None, why: str | None) -> None:
        reach("discord.before_told")
        await self._service.posts.told(post.id, state, route, why)
        reach("discord.after_told")

    def _words_of(self, job: Job) -> Words:
        return self._catalogue.words(job.origin.address.get("locale"))
