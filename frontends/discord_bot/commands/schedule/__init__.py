"""``/schedule``: pictures that come by themselves, into the channel where they were set."""

from __future__ import annotations

from collections.abc import Sequence

from discord import app_commands

from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.commands.schedule import add, looking, steering
from frontends.discord_bot.desk import Desk


def build(desk: Desk) -> Sequence[app_commands.Group]:
    """The group with its commands."""
    group = app_commands.Group(
        name=desk.catalogue.marked("schedule.name"),
        description=desk.catalogue.marked("schedule.describe"),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    for command in (add.build(desk), *looking.build(desk), *steering.build(desk)):
        group.add_command(command)
    return [group]
