"""Jobs whose deliveries meet trouble at every step, at random."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

import pytest
from support.breaking import POINTS, Death, dying
from support.delivery_world import World
from support.fake_discord import refusals
from support.fake_discord.faults import Fault
from support.fake_discord.people import User
from support.fake_discord.places import Channel

from config.errors import RetryableError
from daemon.service import Delivery, Job

MOST_TRIES = 25
DOORS = ("token expired", "message deleted", "channel closed", "direct closed")
"""What closes the ways for good, each together with those before it."""
TROUBLES = (
    "crash",
    "crash",
    "crash",
    "cut before",
    "cut after",
    "503 before",
    "503 after",
    "429 short",
    "429 long",
    "cloudflare",
    "too large",
    "404 in time",
)


@dataclass
class Case:
    """One job with a channel and an owner of its own, so that its trouble is nobody else's."""

    job: Job
    delivery: Delivery
    channel: Channel
    user: User
    closed: int
    """How many of the doors are closed."""
    troubles: list[str]
    faults: list[Fault] = field(default_factory=list)
    tries: int = 0


class Storm:
    """Brings many jobs through random trouble."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch, seed: int) -> None:
        self.world = world
        self.patch = patch
        self.chance = random.Random(seed)
        self.met: Counter[str] = Counter()
        """How often each kind of trouble has struck."""
        self.cases: list[Case] = []
        self.held = AsyncExitStack()

    async def connect(self) -> None:
        """A new client with nothing in memory, in the place of the one before."""
        await self.held.aclose()
        await self.held.enter_async_context(self.world.connected())

    async def case(self) -> None:
        """One job from its asking to the end of its delivery."""
        made = await self._made()
        self.cases.append(made)
        while made.tries < MOST_TRIES:
            made.tries += 1
            try:
                await self._one_try(made)
            except Death:
                self.met["crash"] += 1
                await self._pass_time(made)
                await self.connect()
            except (RetryableError, OSError):
                await self._pass_time(made)
            else:
                break
        for each in made.faults:
            self.met[each.name] += each.fired
            self.world.fake.faults.every.remove(each)

    def problems(self) -> list[str]:
        """Whatever is there more than once, or neither there nor kept with its reason."""
        found = []
        for case in self.cases:
            post = self.world.posts.every[
                next(p.id for p in self.world.posts.every.values() if p.job_id == case.job.id)
            ]
            seen = [len(self.world.sights(each)) for each in case.job.pictures]
            there = post.state == "told" and seen == [1] * len(seen)
            kept = post.state == "kept" and post.why and all(each <= 1 for each in seen)
            if not there and not kept:
                found.append(f"{case.job.id}: {post.state} by {post.route}, seen {seen}, {case}")
        return found

    async def _made(self) -> Case:
        world, fake, chance = self.world, self.world.fake, self.chance
        channel = fake.channel(world.guild)
        user = fake.user("user", world.guild)
        private = chance.random() < 0.2
        count = chance.choice((1, 1, 1, 4, 12))
        job = await world.asked(user=user, channel=channel, private=private, count=count)
        message = await world.shown(job)
        closed = chance.choice((0, 0, 1, 1, 2, 2, 3, 3, 4))
        if closed >= 1:
            post = await world.post(job)
            past = {"expires_at": world.now() - 1} if chance.random() < 0.5 else {}
            world.posts.every[post.id] = replace(post, **past)
            path = f"/webhooks/*/{post.token}/messages/*"
            fake.faults.refuse(f"PATCH {path}", refusals.token_expired(), times=None)
        if closed >= 2 and not private:
            fake.remove(message)
        if closed >= 3:
            channel.deny(world.guild.everyone, "send_messages")
        if closed >= 4:
            user.direct_messages_open = False
        for name in DOORS[:closed]:
            self.met[name] += 1
        troubles = [chance.choice(TROUBLES) for _ in range(chance.randint(1, 3))]
        made = Case(job, world.delivery(job), channel, user, closed, troubles)
        for name in troubles:
            await self._prepare(made, name)
        return made

    async def _prepare(self, case: Case, name: str) -> None:
        """Trouble at one of the requests of this case, whichever it makes."""
        post, faults = await self.world.post(case.job), self.world.fake.faults
        route = self.chance.choice(
            (
                f"PATCH /webhooks/*/{post.token}/messages/*",
                f"POST /webhooks/*/{post.token}",
                f"PATCH /channels/{case.channel.id}/messages/*",
                f"POST /channels/{case.channel.id}/messages",
                f"POST /channels/{self.world.fake.direct(case.user).id}/messages",
                f"GET /channels/{case.channel.id}/messages",
            )
        )
        skip = self.chance.choice((0, 0, 1))
        if name.startswith("cut"):
            made = faults.cut(route, name.split()[1], skip=skip)  # type: ignore[arg-type]
        elif name.startswith("503"):
            made = faults.server_error(route, 503, name.split()[1], skip=skip)  # type: ignore[arg-type]
        elif name == "429 short":
            made = faults.rate_limit(route, 0.02, skip=skip)
        elif name == "429 long":
            made = faults.rate_limit(route, 90.0, skip=skip, times=1)
        elif name == "cloudflare":
            made = faults.cloudflare(route, skip=skip)
        elif name == "too large":
            made = faults.refuse(route, refusals.too_large(), times=self.chance.choice((1, 2, 99)))
        elif name == "404 in time":
            made = faults.refuse(f"PATCH /webhooks/*/{post.token}/messages/*", refusals.unknown("webhook"), times=None)
        else:
            return
        made.name = name
        case.faults.append(made)

    async def _one_try(self, case: Case) -> None:
        crash = "crash" in case.troubles
        if not crash:
            await self.world.deliverer.deliver(case.delivery, case.job)
            return
        case.troubles.remove("crash")
        with dying(self.patch, self.chance.choice(POINTS), self.chance.choice((1, 1, 2))):
            await self.world.deliverer.deliver(case.delivery, case.job)

    async def _pass_time(self, case: Case) -> None:
        """Until the next try: mostly a moment, sometimes so long that a nonce is forgotten and a token expires."""
        post = await self.world.post(case.job)
        seconds = self.chance.choice((1, 2, 5, 5, 400, 1000))
        # What only its owner sees can't be looked for once the token is gone: see the README.
        self.world.fake.clock.advance(min(seconds, 5) if post.ephemeral else seconds)
