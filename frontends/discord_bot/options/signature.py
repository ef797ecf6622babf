"""A command's signature, made of rows: the library reads the options of a command from that of its function."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot.models import ModelBoard
from frontends.discord_bot.options.option import Option, Suggest
from frontends.discord_bot.words import Catalogue

MOST_CHOICES = 25
CHOICE_CHARACTERS = 100
Act = Callable[[discord.Interaction[Any], dict[str, Any]], Awaitable[None]]
"""Is given what was said, by the names of the options; what was left out is not in it."""


def callback(
    options: Sequence[Option], act: Act, catalogue: Catalogue, *, required: Sequence[str] = ()
) -> Callable[..., Any]:
    """A function with these options, for :class:`discord.app_commands.Command`."""

    async def called(interaction: discord.Interaction[Any], **said: Any) -> None:
        await act(interaction, {name: value for name, value in said.items() if value is not None})

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    first = inspect.Parameter("interaction", kind, annotation=discord.Interaction)
    parameters = [_parameter(option, option.name in required) for option in options]
    described = {option.name: catalogue.marked(f"{option.key}.describe") for option in options}
    renamed = {option.name: catalogue.marked(f"{option.key}.name") for option in options}
    marked: Any = called
    marked.__signature__ = inspect.Signature([first, *parameters])
    marked.__discord_app_commands_param_description__ = described
    marked.__discord_app_commands_param_rename__ = renamed
    return called


def suggesting(command: app_commands.Command[Any, ..., Any], options: Sequence[Option], board: ModelBoard) -> None:
    """Let the command suggest what the rows suggest."""
    for option in options:
        if option.suggest is not None:
            command.autocomplete(option.name)(_suggestions(option.suggest, board))


def _parameter(option: Option, required: bool) -> inspect.Parameter:
    least, most = option.bounds
    kind: Any = option.kind
    if kind in (str, int, float) and (least, most) != (None, None):
        kind = app_commands.Range[kind, least, most]
    annotation = kind if required else kind | None
    default = inspect.Parameter.empty if required else None
    place = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(option.name, place, default=default, annotation=annotation)


def _suggestions(suggest: Suggest, board: ModelBoard) -> Callable[..., Any]:
    async def suggestions(interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        given = vars(interaction.namespace)
        return [
            app_commands.Choice(name=label[:CHOICE_CHARACTERS], value=value)
            for label, value in suggest(board, given, current)[:MOST_CHOICES]
        ]

    return suggestions
