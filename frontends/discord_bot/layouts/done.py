"""The messages of a job that is done: one with everything, and more where there are many pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from daemon.service import Job
from frontends.discord_bot.layouts import controls, parts, text
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Words

MOST_FILES = 10
"""Pictures of one message."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of a message: which one of the job, from 0 on, and where it is (``attachment://NAME`` or a link)."""

    index: int
    url: str


def done(
    job: Job,
    words: Words,
    files: Sequence[Shown],
    *,
    spoiler: bool = False,
    parent_url: str | None = None,
) -> View:
    """The pictures with all that can be done with them; at most ten ``files``, the others go into :func:`part`."""
    link = parts.lineage(job, words, parent_url)
    items: list[ui.Item[Any]] = []
    if files:
        items.append(_gallery(job, files, spoiler))
    items.append(parts.shown(parts.prompt(job, parts.PROMPT_DONE)))
    items.append(parts.shown(*([link] if link else []), parts.footer(job, words)))
    if files:
        items += controls.of_pictures(job.id, [each.index for each in files], job.request.count, words)
    return sealed(parts.box("done", *items, *controls.of_job(job.id, words)))


def part(job: Job, words: Words, files: Sequence[Shown], *, spoiler: bool = False) -> View:
    """Further pictures of the same job."""
    indexes = [each.index for each in files]
    said = words.say("card.part", first=indexes[0] + 1, last=indexes[-1] + 1, count=job.request.count)
    return sealed(
        parts.box(
            "done",
            _gallery(job, files, spoiler),
            parts.shown(parts.small([said, f"`{job.id}`"])),
            *controls.of_pictures(job.id, indexes, job.request.count, words),
        )
    )


def picked(job: Job, words: Words, file: Shown, *, spoiler: bool = False, parent_url: str | None = None) -> View:
    """One picture of several, on its own."""
    link = parts.lineage(job, words, parent_url)
    seed = job.request.seed_of(file.index)
    facts = [words.say("card.picture_of", number=file.index + 1, count=job.request.count)]
    facts += [words.say("card.seed", seed=seed), f"`{job.id}`"]
    verbs = ("subtle", "strong", "parameters", "favourite")
    return sealed(
        parts.box(
            "done",
            _gallery(job, [file], spoiler),
            parts.shown(parts.prompt(job, parts.PROMPT_DONE)),
            parts.shown(*([link] if link else []), parts.small(facts)),
            controls.row(*(controls.for_picture(verb, job.id, file.index, words) for verb in verbs)),
            controls.row(controls.for_picture("edit", job.id, file.index, words)),
        )
    )


def _gallery(job: Job, files: Sequence[Shown], spoiler: bool) -> ui.MediaGallery[Any]:
    if len(files) > MOST_FILES:
        raise ValueError(f"{len(files)} pictures do not go into one message")
    alt = text.alt(job.request.prompt) or None
    return ui.MediaGallery(*(discord.MediaGalleryItem(each.url, description=alt, spoiler=spoiler) for each in files))
