"""What a command of moderators is, and how it is carried out."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import discord
from discord import app_commands

from frontends.discord_bot import telling
from frontends.discord_bot.commands.moderating import operators, parameters
from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.policy.standing import EVERYWHERE
from frontends.discord_bot.refusal import Refused

Right = Literal["moderator", "manager", "operator"]
"""A moderator is whom the server made one; a manager may manage the server; an operator owns the application."""
Act = Callable[[Asked], Awaitable[str]]
"""Does it, and returns what is told. Raises :class:`config.errors.MezzotintError`."""
Suggest = Callable[[Desk, str], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One command; its words are ``mezzotint.GROUP.NAME`` or, without a group, ``mezzotint.NAME``."""

    name: str
    act: Act
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    right: Right = "moderator"
    suggest: Mapping[str, Suggest] | None = None

    def command(self, desk: Desk, group: str | None = None) -> app_commands.Command[Any, ..., Any]:
        """For Discord, in a group or right under ``/mezzotint``."""

        async def called(interaction: discord.Interaction[Any], **said: Any) -> None:
            given = {name: value for name, value in said.items() if value is not None}
            await carry_out(desk, interaction, given, self.act, self.right)

        names = (*self.required, *self.optional)
        first = inspect.Parameter(
            "interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction
        )
        marked: Any = called
        marked.__signature__ = inspect.Signature(
            [first, *(parameters.parameter(name, name in self.required) for name in names)]
        )
        said = desk.catalogue.marked
        marked.__discord_app_commands_param_description__ = {
            name: said(f"mezzotint.option.{name}.describe") for name in names
        }
        marked.__discord_app_commands_param_rename__ = {name: said(f"mezzotint.option.{name}.name") for name in names}
        marked.__discord_app_commands_param_choices__ = parameters.choices(names, desk.catalogue)
        made = command(desk, group, self.name, called)
        for name, suggest in (self.suggest or {}).items():
            made.autocomplete(name)(_suggestions(desk, suggest))
        return made


def command(desk: Desk, group: str | None, name: str, callback: Any) -> app_commands.Command[Any, ..., Any]:
    """A command with its words."""
    marked = desk.catalogue.marked
    if group is None:
        named, described = marked(f"mezzotint.{name}.name"), marked(f"mezzotint.{name}.describe")
    else:
        named, described = marked(f"mezzotint.{group}.{name}.name"), marked(f"mezzotint.{group}.{name}.describe")
    return app_commands.Command(name=named, description=described, callback=callback)


async def carry_out(
    desk: Desk, interaction: discord.Interaction[Any], said: Mapping[str, Any], act: Act, right: Right
) -> None:
    """Whether it may be done is decided here and nowhere else: what Discord shows to whom is the server's to change."""
    if not await telling.first(interaction):
        return
    asked = Asked(
        desk=desk, interaction=interaction, asker=Asker.of(interaction), words=desk.words(interaction), said=said
    )
    await _judge(asked, right)
    await telling.tell(interaction, asked.words, await act(asked))


async def _judge(asked: Asked, right: Right) -> None:
    operator = operators.is_one(asked.interaction)
    if right == "operator":
        if not operator:
            raise Refused("mezzotint.operators_only")
    elif asked.guild == EVERYWHERE:
        if not operator:
            raise Refused("mezzotint.operators_everywhere")
    elif right == "manager" and not asked.asker.moderator:
        raise Refused("mezzotint.managers_only")
    elif not await asked.desk.policy.is_moderator(asked.asker):
        raise Refused("errors.moderators_only")


def _suggestions(desk: Desk, suggest: Suggest) -> Callable[..., Any]:
    async def suggestions(interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=label, value=value) for label, value in suggest(desk, current)][:25]

    return suggestions
