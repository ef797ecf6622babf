"""The message of a job that ended without pictures."""

from __future__ import annotations

from typing import Any

from discord import ButtonStyle, ui

from daemon.service import Job
from frontends.discord_bot.layouts import controls, parts, text
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Words

MOST_MESSAGE, MOST_HINT = 600, 400


def ended(job: Job, words: Words, *, parent_url: str | None = None) -> View:
    """Failed, cancelled or given up: why, what to do, and a way to try again."""
    sign = "🚫" if job.state == "cancelled" else "⚠️"
    said = [f"### {sign} {words.say(f'card.ended_{job.state}')}", *_why(job, words)]
    lines = [parts.lineage(job, words, parent_url), parts.footer(job, words)]
    items: list[ui.Item[Any]] = [
        parts.shown(*said),
        parts.shown(parts.prompt(job, parts.PROMPT_WAITING)),
        parts.shown(*(each for each in lines if each)),
        controls.row(
            controls.button("retry", job.id, words, ButtonStyle.primary),
            controls.button("edit", job.id, words),
            controls.button("parameters", job.id, words),
            controls.button("delete", job.id, words, ButtonStyle.danger),
        ),
    ]
    return sealed(parts.box(job.state, *items))


def _why(job: Job, words: Words) -> list[str]:
    if job.state == "cancelled":
        return [words.say("card.cancelled_why")]
    said = [words.say("card.dead_why", attempts=job.attempt)] if job.state == "dead" else []
    if job.error is not None:
        said.append(text.plain(job.error.message, MOST_MESSAGE))
        if job.error.hint:
            said.append(parts.small([text.plain(" ".join(job.error.hint.split()), MOST_HINT)]))
    return said
