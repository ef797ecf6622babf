"""Who may see a job, and who may end or delete it: pure, and the same rule for commands, buttons and menus.

Ids are typed and forged by anybody. So one that says nothing, one of a job that is not there and one of a job that the
asker may not see are answered with the same words.
"""

from __future__ import annotations

import re

from config.errors import NotFoundError
from config.ids import ALPHABET, LENGTH
from daemon.service import Job, Picture, Service
from frontends.discord_bot import spoilers
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused

SOURCE = "discord"
NO_SUCH_JOB = "errors.no_such_job"
_ID = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")


def may_see(job: Job, asker: Asker) -> bool:
    """Its owner may anywhere; others in its guild, unless it is private or its channel is closed to them."""
    if job.owner == asker.owner:
        return True
    address = job.origin.address
    if job.origin.source != SOURCE or address.get("private"):
        return False
    if address.get("guild") != asker.guild:
        return False
    channel = str(address.get("channel"))
    return channel == asker.place or (asker.guild is not None and asker.sees(channel))


def may_touch(job: Job, asker: Asker) -> bool:
    """End or delete it: its owner, or a moderator of the guild where it was asked for and everybody sees it."""
    if job.owner == asker.owner:
        return True
    return asker.moderator and asker.guild is not None and may_see(job, asker)


async def seen_job(service: Service, typed: str, asker: Asker) -> Job:
    """The job of an id, for somebody who may see it; :class:`Refused` otherwise."""
    try:
        job = await service.job(_id_of(typed))
    except NotFoundError:
        raise Refused(NO_SUCH_JOB) from None
    if not may_see(job, asker):
        raise Refused(NO_SUCH_JOB)
    return await spoilers.as_decided(service, job)


async def seen(service: Service, typed: str, asker: Asker) -> tuple[Job, Picture | None]:
    """The same, where the id may also be that of a picture."""
    try:
        picture = await service.picture(_id_of(typed))
    except NotFoundError:
        return await seen_job(service, typed, asker), None
    return await seen_job(service, picture.job_id, asker), picture


def _id_of(typed: str) -> str:
    """A whole id: by the beginning of one nobody is to find what he was not told of."""
    name = typed.strip("` \n").lower()
    if not _ID.fullmatch(name):
        raise NotFoundError("this is no id")
    return name
