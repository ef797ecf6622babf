"""A question before something is gone for good."""

from __future__ import annotations

from typing import Any

from discord import ButtonStyle, ui

from daemon.service import Job
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.layouts import controls, parts
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Words


def sure(job: Job, words: Words) -> View:
    """Whether the job is really to be deleted."""
    label = words.label("buttons.delete_yes")
    yes: ui.Button[Any] = ui.Button(
        label=label, custom_id=ids.build("remove", job.id), style=ButtonStyle.danger, emoji="🗑️"
    )
    text = parts.shown(words.say("buttons.delete_sure"), parts.prompt(job, 300), parts.small([f"`{job.id}`"]))
    return sealed(parts.box("failed", text, controls.row(yes)))
