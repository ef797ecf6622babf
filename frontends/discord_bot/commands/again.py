"""``/again``: draw a job once more, with another seed, or with something changed about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands

from daemon.service import Job, Picture
from frontends.discord_bot import telling
from frontends.discord_bot.buttons import wishes
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.commands.suggestions import latest, suggesting_jobs
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.options import Option, callback, named
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.visibility import seen
from frontends.discord_bot.wish import Wish

JOB = Option(name="job", kind=str, words="again.option.job")
CHANGED = ("prompt", "count", "seed")


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command."""

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        look = _meant(desk, Asker.of(interaction), said.get("job"))
        known = await telling.first_knowing(interaction, look, lambda found: wishes.is_private(found[0]))
        if known is None:
            return
        (job, picture), hidden = known
        wish = once_more(job, picture, desk.ordering.fields(said))
        await desk.ordering.order(interaction, replace(wish, private=hidden or wish.private), "again")

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("again.name"),
        description=desk.catalogue.marked("again.describe"),
        callback=callback((JOB, *named(*CHANGED)), act, desk.catalogue),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    command.autocomplete("job")(suggesting_jobs(desk, latest))
    return [command]


def once_more(job: Job, picture: Picture | None, changed: Mapping[str, Any]) -> Wish:
    """The wish for the same, or for one like a picture of it; with a new seed, unless one is among what is changed."""
    wish = wishes.again(job, new_seed=True, hidden=False)
    if picture is None:
        return replace(wish, fields={**wish.fields, **changed})
    return replace(wish, fields={**wish.fields, "count": 1, **changed}, parent=picture.id)


async def _meant(desk: Desk, asker: Asker, typed: str | None) -> tuple[Job, Picture | None]:
    if typed is not None:
        return await seen(desk.service, typed, asker)
    newest = await desk.service.jobs(owner=asker.owner, limit=1)
    if not newest:
        raise Refused("again.nothing")
    return newest[0], None
