"""``/cancel``: end a job that waits or is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from daemon.service import TERMINAL, Job
from frontends.discord_bot import telling
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.commands.suggestions import suggesting_jobs, unfinished
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.options import Option, callback
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.visibility import may_touch, seen_job

JOB = Option(name="job", kind=str, words="cancel.option.job")


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command."""

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        job = await _ended(desk, await desk.policy.recognised(Asker.of(interaction)), said["job"])
        words = desk.words(interaction)
        ended = job.state in TERMINAL
        await telling.tell(interaction, words, words.say("cancel.ended" if ended else "cancel.ending"))

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("cancel.name"),
        description=desk.catalogue.marked("cancel.describe"),
        callback=callback((JOB,), act, desk.catalogue, required=("job",)),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    command.autocomplete("job")(suggesting_jobs(desk, unfinished))
    return [command]


async def _ended(desk: Desk, asker: Asker, typed: str) -> Job:
    job = await seen_job(desk.service, typed, asker)
    if not may_touch(job, asker):
        raise Refused("errors.not_yours")
    if job.state in TERMINAL:
        raise Refused("errors.already_over")
    after = await desk.service.cancel(job.id)
    if asker.guild is not None and job.owner != asker.owner:
        await desk.service.policies.record(asker.guild, asker.owner, "cancel", {"job": job.id, "owner": job.owner})
    return after
