"""``/schedule add``."""

from __future__ import annotations

import zoneinfo
from itertools import pairwise
from typing import Any

import discord
from discord import app_commands

from daemon.service import Draft
from frontends.discord_bot import occasions, telling
from frontends.discord_bot.commands.schedule import own
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.models import ModelBoard
from frontends.discord_bot.options import Option, callback, named, offered, suggesting
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused

MOST_SCHEDULES = 10
"""Of one person."""
LEAST_MINUTES = 10
"""Between two pictures of a schedule."""
LOOKED_AT = 20
"""Coming times, for that."""
ZONES = tuple(sorted(zoneinfo.available_timezones()))


def _zones(board: ModelBoard, given: Any, typed: str) -> list[tuple[str, str]]:
    wanted = typed.lower().replace(" ", "_")
    return [(name, name) for name in ZONES if wanted in name.lower()]


OWN = (
    Option(name="name", kind=str, words="schedule.option.name"),
    Option(name="when", kind=str, words="schedule.option.when"),
)
ZONE = Option(name="timezone", kind=str, words="schedule.option.timezone", suggest=_zones)
DRAWN = ("prompt", "negative", "model", "size", "count", "steps", "guidance", "scheduler", "seed", "spoiler")


def build(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    """The command, with what the models at hand can do."""
    options = (*OWN, *offered(named(*DRAWN), desk.board.models), ZONE)

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        text = await _add(desk, interaction, said)
        await telling.tell(interaction, desk.words(interaction), text)

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("schedule.add.name"),
        description=desk.catalogue.marked("schedule.add.describe"),
        callback=callback(options, act, desk.catalogue, required=("name", "when", "prompt")),
    )
    suggesting(command, options, desk.board)
    return command


async def _add(desk: Desk, interaction: discord.Interaction[Any], said: dict[str, Any]) -> str:
    words, service, asker = desk.words(interaction), desk.service, Asker.of(interaction)
    if not asker.bot_is_there:
        raise Refused("schedule.no_place")
    if len(await own.all_of(service, interaction.user.id)) >= MOST_SCHEDULES:
        raise Refused("schedule.too_many", most=MOST_SCHEDULES)
    grant = await desk.policy.admit(asker, "schedule")
    wanted = desk.ordering.modelled({**grant.defaults, **said}, grant)
    fields = desk.ordering.fields(wanted)
    # A place may set it; without a picture to start from it says nothing.
    fields.pop("denoising_strength", None)
    fields |= grant.fitted(fields, desk.ordering.completed(fields))
    await desk.policy.check(asker, desk.ordering.completed(fields))
    when = occasions.read(said["when"])
    # By these he is judged each time; the others are named by no rule so far.
    roles = [each.removeprefix("role:") for each in grant.groups if each.startswith("role:")]
    draft = Draft(
        name=own.kept_as(interaction.user.id, said["name"]),
        request=fields,
        cron=when.cron,
        every=when.every,
        at=when.at,
        time_zone=said.get("timezone"),
        owner=asker.owner,
        target={
            "kind": "discord",
            "channel": asker.place,
            "guild": asker.guild or "none",
            "user": asker.user,
            "locale": str(interaction.locale),
            "spoiler": "yes" if wanted.get("spoiler") else "no",
            "roles": ",".join(roles) or "none",
        },
    )
    explained, runs = await service.schedules.preview(draft, LOOKED_AT)
    times = [run.due_at for run in runs]
    if any(later - sooner < LEAST_MINUTES * 60_000 for sooner, later in pairwise(times)):
        raise Refused("schedule.too_often", minutes=LEAST_MINUTES)
    report = await service.schedules.add(draft)
    head = words.say(
        "schedule.added",
        name=own.called(report),
        explained=explained,
        zone=report.schedule.definition.time_zone,
    )
    return "\n".join([head, *(f"- {own.moment(at)}" for at in times[:3])])
