"""A list of jobs, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discord import ButtonStyle, ui

from daemon.service import Job
from frontends.discord_bot.buttons import ids
from frontends.discord_bot.layouts import parts, text
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Marked, Words

MOST_JOBS = 8
"""On one page."""
MOST_PROMPT = 200
MOST_NOTE = 120
MOST_URL = 120


def pages(
    title: str,
    jobs: Sequence[Job],
    words: Words,
    *,
    links: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    more: bool = False,
    verb: str = "page",
) -> View:
    """
    Jobs, the newest first, at most :data:`MOST_JOBS` of them, each with a link to its message where there is one.

    ``links`` and ``notes`` (such as why it could not be brought) are by the id of the job; a note is a user's or our
    own text. ``more``: there are older ones, which the button of ``verb`` asks for.
    """
    if len(jobs) > MOST_JOBS:
        raise ValueError(f"{len(jobs)} jobs do not go on one page")
    items: list[ui.Item[Any]] = [parts.shown(f"### {text.plain(title, 150)}")]
    if not jobs:
        items.append(parts.shown(words.say("card.nothing_here")))
    for job in jobs:
        items.append(parts.shown(*_lines(job, words, (links or {}).get(job.id), (notes or {}).get(job.id))))
    if more and jobs:
        older = ids.build(verb, jobs[-1].id)
        label = words.label("card.older")
        items.append(ui.ActionRow(ui.Button(label=label, custom_id=older, style=ButtonStyle.secondary, emoji="◀️")))
    return sealed(parts.box("done", *items))


def _lines(job: Job, words: Words, url: str | None, note: str | None) -> list[str]:
    prompt = text.plain(" ".join(job.request.prompt.split()), MOST_PROMPT) or text.ELLIPSIS
    name = f"[`{job.id}`]({url})" if url and len(url) <= MOST_URL else f"`{job.id}`"
    asked = words.say("card.asked", when=Marked(parts.moment(job.queued_at)))
    lines = [prompt, parts.small([words.say(f"card.state_{job.state}"), asked, name])]
    return [*lines, parts.small([text.plain(" ".join(note.split()), MOST_NOTE)])] if note else lines
