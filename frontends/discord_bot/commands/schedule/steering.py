"""``/schedule pause``, ``resume``, ``run`` and ``remove``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord
from discord import app_commands

from daemon.service import Schedules
from frontends.discord_bot import scheduling, telling
from frontends.discord_bot.commands.schedule import own
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.options import Option, callback

NAMED = (Option(name="name", kind=str, words="schedule.option.name"),)
Steer = Callable[[Schedules, str], Awaitable[object]]
VERBS: dict[str, tuple[str, Steer]] = {
    "pause": ("schedule.paused", lambda schedules, name: schedules.pause(name)),
    "resume": ("schedule.resumed", lambda schedules, name: schedules.resume(name)),
    "run": ("schedule.ran", lambda schedules, name: schedules.run(name)),
    "remove": ("schedule.removed", lambda schedules, name: schedules.remove(name)),
}
"""What is said afterwards, and what is done."""


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """One command a verb."""
    return [_command(desk, verb) for verb in VERBS]


def _command(desk: Desk, verb: str) -> app_commands.Command[Any, ..., Any]:
    key, steer = VERBS[verb]

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        words, user = desk.words(interaction), interaction.user.id
        await telling.first(interaction)
        report = await own.one(desk.service, user, said["name"])
        if verb in ("resume", "run"):
            # Where it draws is what counts, not where that is asked for.
            there = scheduling.whose(interaction.client, own.place(report))
            await desk.policy.admit(there, scheduling.VERB)
        await steer(desk.service.schedules, report.schedule.definition.name)
        after = report if verb == "remove" else await own.one(desk.service, user, said["name"])
        text = words.say(key, name=own.called(report), next=own.next_time(after, words))
        await telling.tell(interaction, words, text)

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked(f"schedule.{verb}.name"),
        description=desk.catalogue.marked(f"schedule.{verb}.describe"),
        callback=callback(NAMED, act, desk.catalogue, required=("name",)),
    )
    command.autocomplete("name")(own.suggestions(desk.service))
    return command
