"""The message of a job that is drawn."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from daemon.service import Job
from frontends.discord_bot.layouts import controls, parts, text
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Words


def drawing(
    job: Job,
    words: Words,
    *,
    now_ms: int,
    step: int = 0,
    steps: int = 0,
    ends_s: float | None = None,
    preview: str | None = None,
    spoiler: bool = False,
) -> View:
    """
    How far it is: ``step`` of ``steps`` over all its pictures, ready in ``ends_s`` seconds.

    ``preview`` is where the unfinished picture is: ``attachment://NAME``.
    """
    items: list[ui.Item[Any]] = [
        parts.shown(f"### 🎨 {words.say('card.drawing')}", _progress(job, words, step, steps, now_ms, ends_s)),
        parts.shown(parts.prompt(job, parts.PROMPT_WAITING)),
    ]
    if preview is not None:
        alt = text.alt(job.request.prompt) or None
        items.append(ui.MediaGallery(discord.MediaGalleryItem(preview, description=alt, spoiler=spoiler)))
    items.append(parts.shown(parts.footer(job, words, seed=False)))
    items.append(controls.row(controls.button("cancel", job.id, words)))
    return sealed(parts.box("running", *items))


def _progress(job: Job, words: Words, step: int, steps: int, now_ms: int, ends_s: float | None) -> str:
    share = step / steps if steps else 0.0
    facts = [f"{parts.bar(share)} {words.say('card.progress', percent=int(min(1.0, share) * 100))}"]
    count = job.request.count
    if count > 1:
        facts.append(words.say("card.picture_of", number=min(count, int(share * count) + 1), count=count))
    if ends_s is not None:
        facts.append(words.say("card.ready", when=parts.moment(now_ms + ends_s * 1000)))
    return " · ".join(facts)
