"""What may be said to the commands of moderators; the words are ``mezzotint.option.NAME``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot.commands.moderating.placed import Place
from frontends.discord_bot.policy.names import LIMITS, MAXIMA, MOST_CHARACTERS, VERBS
from frontends.discord_bot.words import Catalogue

KINDS: Mapping[str, Any] = MappingProxyType(
    {
        "what": str,
        "command": str,
        "value": app_commands.Range[int, 0, 16_777_216],
        "role": discord.Role,
        "user": discord.User,
        "channel": app_commands.Transform[Any, Place],
        "model": app_commands.Range[str, 1, 100],
        "phrase": app_commands.Range[str, 1, MOST_CHARACTERS],
        "reason": app_commands.Range[str, 1, 200],
        "on": bool,
        "page": app_commands.Range[int, 1, 25],
        "free_memory": bool,
    }
)


def parameter(name: str, required: bool) -> inspect.Parameter:
    """One of them, for the signature of a command."""
    kind = KINDS[name]
    return inspect.Parameter(
        name,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=inspect.Parameter.empty if required else None,
        annotation=kind if required else kind | None,
    )


def choices(names: Sequence[str], catalogue: Catalogue) -> dict[str, list[app_commands.Choice[str]]]:
    """The values of those that have a few."""
    found = {
        "what": [(catalogue.marked(f"policy.name.{each.name}"), each.name) for each in (*LIMITS, *MAXIMA)],
        "command": [(catalogue.marked(f"policy.verb.{each}"), each) for each in VERBS],
    }
    return {
        name: [app_commands.Choice(name=label, value=value) for label, value in values]
        for name, values in found.items()
        if name in names
    }
