"""A list of jobs, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discord import ButtonStyle, ui

from daemon.service import Job
from frontends.discord_bot.layouts import parts, text
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Marked, Words

MOST_JOBS = 6
"""On one page."""
MOST_PROMPT = 200
MOST_NOTE = 200
MOST_URL = 120


@dataclass(frozen=True, slots=True)
class Turn:
    """A way to another page: what the button says (a key of the words), its sign and its id."""

    label: str
    sign: str
    custom_id: str


def pages(
    title: str,
    jobs: Sequence[Job],
    words: Words,
    *,
    links: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    thumbnails: Mapping[str, str] | None = None,
    turns: Sequence[Turn] = (),
) -> View:
    """
    Jobs, the newest first, at most :data:`MOST_JOBS` of them, each with a link to its message where there is one.

    ``links``, ``notes`` (such as why it could not be brought; a user's or our own text) and ``thumbnails``
    (``attachment://NAME``) are by the id of the job.
    """
    if len(jobs) > MOST_JOBS:
        raise ValueError(f"{len(jobs)} jobs do not go on one page")
    items: list[ui.Item[Any]] = [parts.shown(f"### {text.plain(title, 150)}")]
    if not jobs:
        items.append(parts.shown(words.say("card.nothing_here")))
    for job in jobs:
        said = "\n".join(_lines(job, words, (links or {}).get(job.id), (notes or {}).get(job.id)))
        items.append(_entry(job, said, (thumbnails or {}).get(job.id)))
    if turns:
        items.append(ui.ActionRow(*(_button(turn, words) for turn in turns)))
    return sealed(parts.box("done", *items))


def _entry(job: Job, said: str, picture: str | None) -> ui.Item[Any]:
    if picture is None:
        return ui.TextDisplay(said)
    hidden = bool(job.origin.address.get("spoiler"))
    alt = text.alt(job.request.prompt) or None
    return ui.Section(said, accessory=ui.Thumbnail(picture, description=alt, spoiler=hidden))


def _lines(job: Job, words: Words, url: str | None, note: str | None) -> list[str]:
    prompt = text.plain(" ".join(job.request.prompt.split()), MOST_PROMPT) or text.ELLIPSIS
    name = f"[`{job.id}`]({url})" if url and len(url) <= MOST_URL else f"`{job.id}`"
    asked = words.say("card.asked", when=Marked(parts.moment(job.queued_at)))
    lines = [prompt, parts.small([words.say(f"card.state_{job.state}"), asked, name])]
    return [*lines, parts.small([text.plain(" ".join(note.split()), MOST_NOTE)])] if note else lines


def _button(turn: Turn, words: Words) -> ui.Button[Any]:
    label = words.label(turn.label)
    return ui.Button(label=label, emoji=turn.sign, custom_id=turn.custom_id, style=ButtonStyle.secondary)
