"""The commands, one file each. ``build(desk)`` of each gives what is added to the tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from discord import app_commands

from frontends.discord_bot.commands import (
    again,
    cancel,
    edit,
    edit_menu,
    history,
    imagine,
    models,
    moderating,
    parameters,
    queue,
    schedule,
    search,
    settings,
    show,
    usage,
)
from frontends.discord_bot.desk import Desk

Built = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu

COMMANDS: tuple[Callable[[Desk], Sequence[Built]], ...] = (
    imagine.build,
    edit.build,
    again.build,
    show.build,
    history.build,
    search.build,
    queue.build,
    cancel.build,
    models.build,
    settings.build,
    usage.build,
    edit_menu.build,
    parameters.build,
    schedule.build,
    moderating.build,
)
