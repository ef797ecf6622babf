"""Jobs that ended, a record of what was told, a Discord of its own, and the real client between them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import discord
from support.discord_studio import ECHO
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import Interaction
from support.fake_discord.messages import Message
from support.fake_discord.people import User
from support.fake_discord.places import Channel
from support.pictures import picture as png

from config.errors import NotFoundError
from config.ids import new_id
from config.settings import Settings
from daemon.events import Bus
from daemon.service import Delivery, Expected, Job, JobError, Origin, Picture, Post, Subscription
from frontends.discord_bot import address
from frontends.discord_bot.delivering.deliverer import Deliverer
from frontends.discord_bot.delivering.live import Live
from frontends.discord_bot.words import Catalogue
from pipeline.request import Request

TOKEN_MS = 15 * 60_000
CATALOGUE = Catalogue.read()


@dataclass(frozen=True)
class Kept:
    """A message of a post, as it is recorded."""

    message_id: str
    channel: str
    kind: str
    part: int


class Posts:
    """The record, in memory: it outlives every client."""

    def __init__(self) -> None:
        self.every: dict[str, Post] = {}
        self.shown: dict[str, dict[str, Kept]] = {}
        self.states: list[tuple[str, str | None]] = []

    async def open(self, post: Post) -> Post:
        assert post.id not in self.every
        self.every[post.id] = post
        self.shown[post.id] = {}
        return post

    async def get(self, post_id: str) -> Post | None:
        return self.every.get(post_id)

    async def bind(self, post_id: str, job_id: str) -> None:
        self.every[post_id] = replace(self.every[post_id], job_id=job_id)

    async def of_job(self, job_id: str) -> Post | None:
        return next((each for each in self.every.values() if each.job_id == job_id), None)

    async def message(
        self, post_id: str, message_id: str, kind: str, part: int = 0, *, channel: str | None = None
    ) -> None:
        place = channel or self.every[post_id].channel
        self.shown[post_id][message_id] = Kept(message_id, place, kind, part)

    async def messages(self, post_id: str) -> tuple[Kept, ...]:
        return tuple(sorted(self.shown[post_id].values(), key=lambda each: each.part))

    async def told(self, post_id: str, state: str, route: str | None = None, why: str | None = None) -> None:
        self.states.append((state, route))
        self.every[post_id] = replace(self.every[post_id], state=state, route=route, why=why)

    async def open_ones(self, limit: int) -> list[Post]:
        return [each for each in self.every.values() if each.state == "open"][:limit]

    async def drop_token(self, post_id: str) -> None:
        self.every[post_id] = replace(self.every[post_id], token=None)


class Service:
    """As much of the service as delivering needs."""

    def __init__(self) -> None:
        self.posts = Posts()
        self.jobs: dict[str, Job] = {}
        self.files: dict[str, bytes] = {}
        self.expectations: dict[str, Expected] = {}
        self.bus = Bus()

    async def job(self, job_id: str) -> Job:
        try:
            return self.jobs[job_id]
        except KeyError:
            raise NotFoundError(f"there is no job {job_id}") from None

    async def picture(self, picture_id: str) -> Picture:
        for job in self.jobs.values():
            for each in job.pictures:
                if each.id == picture_id:
                    return each
        raise NotFoundError(f"there is no picture {picture_id}")

    async def picture_bytes(self, picture_id: str) -> bytes:
        if picture_id not in self.files:
            raise NotFoundError("the file is gone")
        return self.files[picture_id]

    async def expected(self, jobs: Sequence[Job]) -> dict[str, Expected]:
        return {job.id: self.expectations[job.id] for job in jobs if job.id in self.expectations}

    def watch(self, job_id: str | None = None) -> Subscription:
        return self.bus.subscribe(job_id)


class World:
    """Ada asks in a channel of a guild."""

    def __init__(self, fake: FakeDiscord) -> None:
        self.fake = fake
        fake.limits.loosen()
        fake.commands.overwrite(None, [ECHO])
        self.guild = fake.guild("studio")
        self.channel: Channel = fake.channel(self.guild)
        self.ada: User = fake.user("ada", self.guild)
        self.service = Service()
        self.client: discord.Client
        self.live: Live
        self.deliverer: Deliverer
        self.request_seconds = 20.0
        self.settings = Settings(state_dir=Path("/nowhere"))

    @property
    def posts(self) -> Posts:
        return self.service.posts

    def now(self) -> int:
        return int(self.fake.clock.now() * 1000)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[World]:
        """A client of its own time, with what belongs to it."""
        client = discord.Client(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=30.0,
        )
        address.point(client, self.fake.api_base)
        self.live = Live(client, self.service, self.settings, CATALOGUE, self.now)
        self.deliverer = Deliverer(
            client,
            self.live,
            self.service,
            self.settings,
            CATALOGUE,
            self.now,
            request_seconds=self.request_seconds,
        )
        self.client = client
        async with client:
            await client.login(self.fake.token)
            yield self

    # --- what was asked

    async def asked(
        self, *, private: bool = False, user: User | None = None, channel: Channel | None = None, **job: Any
    ) -> Job:
        """Ada asks, the answer is deferred, and a job is under way; its message says "thinking"."""
        who, where = user or self.ada, channel or self.channel
        interaction = await self.fake.slash(who, where, "echo", text="a fox")
        await self._defer(interaction, private=private)
        post = Post(
            id=new_id(self.now()),
            source="discord",
            guild=str(where.guild.id) if where.guild else None,
            channel=str(where.id),
            user=str(who.id),
            interaction=str(interaction.id),
            token=interaction.token,
            expires_at=int(interaction.at * 1000) + TOKEN_MS,
            ephemeral=private,
            created_at=self.now(),
        )
        await self.posts.open(post)
        made = self.job(post, private=private, **job)
        self.posts.every[post.id] = replace(post, job_id=made.id)
        return made

    async def _defer(self, interaction: Interaction, *, private: bool) -> None:
        adapter = discord.webhook.async_.async_context.get()
        session = self.client.http._HTTPClient__session  # type: ignore[attr-defined]
        params = discord.webhook.async_.interaction_response_params(type=5, data={"flags": 64} if private else None)
        await adapter.create_interaction_response(interaction.id, interaction.token, session=session, params=params)

    async def shown(self, job: Job) -> Message:
        """Its message, recorded as the one that lives."""
        post = await self.post(job)
        message = self.message(job)
        await self.posts.message(post.id, str(message.id), "living")
        return message

    def message(self, job: Job) -> Message:
        """The first answer to the interaction that a job came from."""
        post = next(each for each in self.posts.every.values() if each.job_id == job.id)
        found = next(each for each in self.fake.interactions.every if str(each.id) == post.interaction)
        assert found.original is not None
        return found.original

    async def post(self, job: Job) -> Post:
        post = await self.posts.of_job(job.id)
        assert post is not None
        return post

    def job(
        self, post: Post | None, *, state: str = "done", count: int = 1, data: bytes | None = None, **more: Any
    ) -> Job:
        """A job with its pictures, whose result goes to a post."""
        job_id = new_id(self.now())
        private, spoiler = more.pop("private", False), more.pop("spoiler", False)
        where = {
            "post": post.id if post else None,
            "guild": post.guild if post else str(self.guild.id),
            "channel": post.channel if post else str(self.channel.id),
            "user": post.user if post else str(self.ada.id),
            "locale": "en-US",
            "private": private,
            "spoiler": spoiler,
        }
        request = Request(prompt=more.pop("prompt", "a fox"), count=count, model="tiny", seed=7, width=64, height=64)
        pictures = tuple(self._picture(job_id, index, data) for index in range(count)) if state == "done" else ()
        error = JobError("user", "the model is gone", hint="choose another") if state == "failed" else None
        job = Job(
            id=job_id,
            state=state,
            lane="interactive",
            owner=f"discord:{where['user']}",
            origin=Origin("discord", where),
            priority=0,
            attempt=1,
            alone=False,
            request=request,
            request_hash="0" * 64,
            error=error,
            pictures=pictures,
            queued_at=self.now(),
            started_at=None,
            finished_at=None,
            not_before=None,
            cancel_requested=False,
            order_id=None,
            line=None,
            parent=None,
            **more,
        )
        self.service.jobs[job.id] = job
        return job

    def _picture(self, job_id: str, index: int, data: bytes | None) -> Picture:
        picture_id = new_id(self.now())
        content = data if data is not None else png(64, 64, color=(index * 3 % 255, 90, 30))
        self.service.files[picture_id] = content
        return Picture(
            id=picture_id,
            job_id=job_id,
            index=index,
            path="",
            sha256="",
            pixels_sha256="",
            seed=7 + index,
            width=64,
            height=64,
            bytes=len(content),
            facts={},
            created_at=self.now(),
        )

    def delivery(self, job: Job) -> Delivery:
        """The end of a job, to be brought: the same one may be tried often."""
        return Delivery(
            id=new_id(self.now()),
            job_id=job.id,
            source="discord",
            address=job.origin.address,
            attempt=0,
            created_at=self.now(),
        )

    # --- what is seen

    def places(self) -> list[Channel]:
        """All channels, direct ones with them."""
        return list(self.fake.world.channels.values())

    def sights(self, picture: Picture) -> list[Message]:
        """The messages that show a picture, wherever they are."""
        return [
            message
            for message in self.fake.world.messages.values()
            if not message.deleted and any(picture.id in each.name for each in message.pictures)
        ]


@contextlib.asynccontextmanager
async def delivering() -> AsyncIterator[World]:
    """A world with a client that has logged in."""
    async with FakeDiscord() as fake:
        world = World(fake)
        async with world.connected():
            yield world
