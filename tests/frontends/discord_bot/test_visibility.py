"""Who sees a job and who may end it: the same rule for everybody who asks."""

from __future__ import annotations

from typing import Any

import pytest
from support.discord_jobs import ADDRESS, JOB, job

from config.errors import NotFoundError
from daemon.service import Job, Origin
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.visibility import may_see, may_touch, seen, seen_job


def asker(user: str = "4", guild: str | None = "1", channel: str = "2", **more: Any) -> Asker:
    return Asker(user=user, guild=guild, channel=channel, place=channel, **more)


def at(**address: Any) -> Job:
    return job(origin=Origin("discord", {**ADDRESS, **address}))


PUBLIC, PRIVATE = at(), at(private=True)
DIRECT = at(guild=None, channel="9")
OF_ANOTHER_WAY = job(owner="http:3", origin=Origin("http", {}))


@pytest.mark.parametrize(
    ("shown", "who", "sees", "touches"),
    [
        (PUBLIC, asker("3"), True, True),
        (PUBLIC, asker("3", guild="7"), True, True),
        (PUBLIC, asker("3", guild=None), True, True),
        (PUBLIC, asker(), True, False),
        (PUBLIC, asker(channel="8"), True, False),
        (PUBLIC, asker(channel="8", sees=lambda channel: channel != "2"), False, False),
        (PUBLIC, asker(channel="8", moderator=True, sees=lambda channel: channel != "2"), False, False),
        (PUBLIC, asker(sees=lambda channel: False), True, False),
        (PUBLIC, asker(moderator=True), True, True),
        (PUBLIC, asker(guild="7"), False, False),
        (PUBLIC, asker(guild="7", moderator=True), False, False),
        (PUBLIC, asker(guild=None), False, False),
        (PRIVATE, asker("3"), True, True),
        (PRIVATE, asker(), False, False),
        (PRIVATE, asker(moderator=True), False, False),
        (DIRECT, asker("3"), True, True),
        (DIRECT, asker(guild=None, channel="9"), True, False),
        (DIRECT, asker(guild=None, channel="8"), False, False),
        (DIRECT, asker(channel="9", moderator=True), False, False),
        (OF_ANOTHER_WAY, asker("3", moderator=True), False, False),
    ],
)
def test_the_rule(shown: Job, who: Asker, sees: bool, touches: bool) -> None:
    assert may_see(shown, who) is sees
    assert may_touch(shown, who) is touches


class Memory:
    """Nothing is remembered."""

    async def get(self, scope: str, name: str) -> None:
        return None


class Service:
    """One job, found as the service finds it: by the beginning of its id too."""

    def __init__(self, only: Job) -> None:
        self.only = only
        self.memory = Memory()

    async def job(self, name: str) -> Job:
        if not self.only.id.startswith(name.lower()):
            raise NotFoundError("there is none")
        return self.only

    async def picture(self, name: str) -> Any:
        found = next((each for each in self.only.pictures if each.id.startswith(name)), None)
        if found is None:
            raise NotFoundError("there is none")
        return found


@pytest.mark.parametrize("typed", ["", JOB[:8], JOB + "0", f"{JOB}\n0", "*", "0" * 16, "İ" * 16, "\x00" * 16])
async def test_what_is_no_whole_id_is_no_job(typed: str) -> None:
    service: Any = Service(PUBLIC)
    for look in (seen_job, seen):
        with pytest.raises(Refused) as refused:
            await look(service, typed, asker("3"))
        assert refused.value.key == "errors.no_such_job"


async def test_one_that_is_hidden_is_refused_like_one_that_is_not_there() -> None:
    service: Any = Service(PRIVATE)
    with pytest.raises(Refused) as refused:
        await seen(service, PRIVATE.pictures[0].id, asker())
    assert refused.value.key == "errors.no_such_job"


@pytest.mark.parametrize("typed", [JOB, f"`{JOB}`", f" {JOB.upper()}\n"])
async def test_an_id_may_be_copied_with_what_is_around_it(typed: str) -> None:
    service: Any = Service(PUBLIC)
    assert await seen_job(service, typed, asker()) is PUBLIC


async def test_a_picture_leads_to_its_job() -> None:
    service: Any = Service(PUBLIC)
    assert await seen(service, PUBLIC.pictures[0].id, asker()) == (PUBLIC, PUBLIC.pictures[0])
