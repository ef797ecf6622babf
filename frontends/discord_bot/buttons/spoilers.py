"""Whether the pictures of a job are hidden behind a spoiler, as asked for or as moderators have decided since."""

from __future__ import annotations

from daemon.service import Job, Service
from frontends.discord_bot.buttons.wishes import is_spoiler

SPOILER = "spoiler"


async def hidden(service: Service, job: Job) -> bool:
    """The last word on it."""
    decided = await service.memory.get(_scope(job), SPOILER)
    return is_spoiler(job) if decided is None else bool(decided)


async def decide(service: Service, job: Job, on: bool) -> None:
    """Remember a decision, for messages to come."""
    await service.memory.put(_scope(job), SPOILER, on)


async def forget(service: Service, job: Job) -> None:
    """The job is gone."""
    await service.memory.drop(_scope(job), SPOILER)


def _scope(job: Job) -> str:
    return f"job:{job.id}"
