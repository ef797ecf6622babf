"""``/schedule list`` and ``/schedule next``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot import telling
from frontends.discord_bot.commands.schedule import own
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.options import Option, callback

NAMED = (Option(name="name", kind=str, words="schedule.option.name"),)
SHOWN = 5


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """Both commands."""

    async def listed(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        words = desk.words(interaction)
        await telling.first(interaction)
        rows = [
            words.say(
                "schedule.row",
                name=own.called(each),
                explained=each.explained,
                state=words.say(f"schedule.state.{each.state}"),
                next=own.next_time(each, words),
            )
            for each in await own.all_of(desk.service, interaction.user.id)
        ]
        await telling.tell(interaction, words, "\n".join(rows) or words.say("schedule.none"))

    async def following(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        words = desk.words(interaction)
        await telling.first(interaction)
        report = await own.one(desk.service, interaction.user.id, said["name"])
        runs = await desk.service.schedules.next(report.schedule.definition.name, SHOWN)
        times = [f"- {own.moment(run.due_at)}" for run in runs] or [words.say("schedule.never")]
        text = "\n".join([words.say("schedule.next_title", name=own.called(report)), *times])
        await telling.tell(interaction, words, text)

    mark = desk.catalogue.marked
    shown: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=mark("schedule.list.name"),
        description=mark("schedule.list.describe"),
        callback=callback((), listed, desk.catalogue),
    )
    coming: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=mark("schedule.next.name"),
        description=mark("schedule.next.describe"),
        callback=callback(NAMED, following, desk.catalogue, required=("name",)),
    )
    coming.autocomplete("name")(own.suggestions(desk.service))
    return shown, coming
