"""Tells Discord of our commands when they have changed, and never otherwise: it admits 200 new ones a day."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import discord
import structlog
from discord import app_commands

from daemon.service import Service

SCOPE, NAME = "discord", "commands"

log = structlog.get_logger(__name__)


async def sync(tree: app_commands.CommandTree[Any], service: Service) -> bool:
    """True when they were sent. Raises what the library raises."""
    wanted = {"application": str(tree.client.application_id), "hash": await fingerprint(tree)}
    if await service.memory.get(SCOPE, NAME) == wanted:
        return False
    sent = await tree.sync()
    await service.memory.put(SCOPE, NAME, wanted)
    log.info("commands_sent", commands=len(sent))
    return True


async def fingerprint(tree: app_commands.CommandTree[Any]) -> str:
    """Of all that Discord would be told, in every language."""
    commands = [each for kind in discord.AppCommandType for each in tree.get_commands(type=kind)]
    translator = tree.translator
    told = [
        each.to_dict(tree) if translator is None else await each.get_translated_payload(tree, translator)
        for each in commands
    ]
    text = json.dumps(sorted(told, key=lambda each: (each["type"], each["name"])), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
