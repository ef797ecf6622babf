"""Jobs that are suggested while somebody types an id: read at once and bounded, for Discord waits three seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import discord
import structlog
from discord import app_commands

from config.errors import MezzotintError
from daemon.service import Job
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.layouts import text
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.visibility import may_touch

MOST_CHOICES = 25
LOOKED_AT = 50
"""Jobs among which the typed words are looked for."""
LABEL_CHARACTERS = 95
SECONDS = 2.0
OPEN = ("running", "queued")

Suggestions = Callable[[discord.Interaction[Any], str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]
Look = Callable[[Desk, Asker], Awaitable[Sequence[Job]]]

log = structlog.get_logger(__name__)


async def latest(desk: Desk, asker: Asker) -> Sequence[Job]:
    """The asker's own, the newest first."""
    return await desk.service.jobs(owner=asker.owner, limit=LOOKED_AT)


async def unfinished(desk: Desk, asker: Asker) -> Sequence[Job]:
    """The asker's own that have not ended; for a moderator also those of others in the guild."""
    found = [
        job for state in OPEN for job in await desk.service.jobs(owner=asker.owner, state=state, limit=MOST_CHOICES)
    ]
    if asker.moderator and len(found) < MOST_CHOICES:
        overview = await desk.service.overview()
        others = (*(each.job for each in overview.running), *overview.waiting)
        own = {job.id for job in found}
        found += [job for job in others if job.id not in own and may_touch(job, asker)]
    return found


def suggesting_jobs(desk: Desk, look: Look) -> Suggestions:
    """What the library asks for suggestions; none where they can't be had in time."""

    async def suggest(interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        words, wanted = desk.words(interaction), current.strip().lower()
        try:
            async with asyncio.timeout(SECONDS):
                jobs = await look(desk, await desk.policy.recognised(Asker.of(interaction)))
        except (MezzotintError, TimeoutError) as error:
            log.warning("nothing_suggested", interaction=interaction.id, why=str(error))
            return []
        return [
            app_commands.Choice(name=label_of(job, words.label(f"card.state_{job.state}")), value=job.id)
            for job in jobs
            if wanted in job.request.prompt.lower() or job.id.startswith(wanted)
        ][:MOST_CHOICES]

    return suggest


def label_of(job: Job, state: str) -> str:
    """A job in a line of at most a hundred characters."""
    rest = f" · {state}"
    return (text.line(job.request.prompt, LABEL_CHARACTERS - len(rest)) or text.ELLIPSIS) + rest
