"""``/mezzotint defaults``: what is drawn with in a channel where nothing else is said."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot.commands.moderating import parameters
from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Form, carry_out, command
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.layouts import rules
from frontends.discord_bot.options import callback, named, offered, suggesting
from frontends.discord_bot.refusal import Refused

MAY_BE_SET = ("model", "size", "count", "steps", "guidance", "scheduler", "negative", "strength", "spoiler")
"""Of the options of commands that draw."""


def setting(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    """``defaults set``: takes the options of ``/imagine`` themselves, with their bounds and suggestions."""
    options = offered(named(*MAY_BE_SET), desk.board.models)

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await carry_out(desk, interaction, said, _set, "moderator")

    made: Any = callback(options, act, desk.catalogue)
    made.__signature__ = inspect.Signature(
        [*made.__signature__.parameters.values(), parameters.parameter("channel", required=False)]
    )
    marked = desk.catalogue.marked
    made.__discord_app_commands_param_description__["channel"] = marked("mezzotint.option.channel.describe")
    made.__discord_app_commands_param_rename__["channel"] = marked("mezzotint.option.channel.name")
    made_of_it = command(desk, "defaults", "set", made)
    suggesting(made_of_it, options, desk.board)
    return made_of_it


async def _set(asked: Asked) -> str:
    given = {name: asked.said[name] for name in MAY_BE_SET if name in asked.said}
    if not given:
        raise Refused("mezzotint.nothing_said")
    scope = asked.scope()

    def more(said: Mapping[str, Any] | None) -> dict[str, Any]:
        return {**(said or {}), **given}

    # What could not be drawn is refused here, not to everybody who draws later.
    asked.desk.ordering.fields(more(await _so_far(asked, scope)))
    found = await asked.desk.policy.change(asked.guild, scope, "defaults", more, asked.asker.user)
    return asked.words.say("mezzotint.is_set", rule=rules.marked(scope, "defaults", found, asked.words))


async def _so_far(asked: Asked, scope: str) -> Mapping[str, Any] | None:
    rows = await asked.desk.policy.rules(asked.guild)
    return next((row.value for row in rows if (row.scope, row.name) == (scope, "defaults")), None)


async def _clear(asked: Asked) -> str:
    done = await asked.unset(asked.scope(), "defaults")
    return asked.words.say("mezzotint.is_cleared" if done else "mezzotint.was_not_set")


FORMS = (Form(name="clear", act=_clear, optional=("channel",)),)
