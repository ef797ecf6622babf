"""The commands, one file each. ``build(desk)`` of each gives what is added to the tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from discord import app_commands

from frontends.discord_bot.commands import imagine, schedule
from frontends.discord_bot.desk import Desk

Built = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu

COMMANDS: tuple[Callable[[Desk], Sequence[Built]], ...] = (imagine.build, schedule.build)
