"""Lists of jobs, a page at a time: what is looked up for them, whoever asks (a command, or a button of a page)."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import discord

from config.errors import NotFoundError, UserError
from daemon.service import Job, Picture
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import spoilers
from frontends.discord_bot.delivering import lineage
from frontends.discord_bot.delivering.ladder import RUNGS, write
from frontends.discord_bot.layouts.pages import MOST_JOBS, Turn, pages
from frontends.discord_bot.layouts.sealed import View
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.visibility import may_see
from frontends.discord_bot.words import Words

if TYPE_CHECKING:
    from frontends.discord_bot.desk import Desk

THUMBNAIL = RUNGS[-1]
LOOKED_AT = 100
"""Jobs that a search finds."""
LAST_PAGE = 2 * LOOKED_AT // MOST_JOBS
"""Of what was found, from 0 on."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page as it is sent."""

    view: View
    files: Sequence[discord.File] = ()


async def own(desk: Desk, words: Words, owner: str, before: str | None = None) -> Listing:
    """Somebody's jobs, the newest first; ``before`` is the id of the last one of the page before."""
    jobs = await desk.service.jobs(owner=owner, limit=MOST_JOBS + 1, before=before)
    turns = []
    if before is not None:
        turns.append(Turn("history.newest", "⏮️", ids.build("newest", before)))
    if len(jobs) > MOST_JOBS:
        turns.append(Turn("card.older", "◀️", ids.build("page", jobs[MOST_JOBS - 1].id)))
    return await _listing(desk, words, words.label("history.title"), jobs[:MOST_JOBS], turns)


async def favourites(desk: Desk, words: Words, owner: str, before: str | None = None) -> Listing:
    """The jobs of the pictures that somebody likes, the last liked first; ``before`` is the id of a picture."""
    liked = await desk.service.favourites.of(owner, MOST_JOBS + 1, before)
    chosen: dict[str, Picture] = {}
    for picture in liked[:MOST_JOBS]:
        chosen.setdefault(picture.job_id, picture)
    found = {job.id: job for job in await desk.service.jobs(ids=list(chosen))} if chosen else {}
    turns = []
    if len(liked) > MOST_JOBS:
        turns.append(Turn("card.older", "◀️", ids.build("liked", liked[MOST_JOBS - 1].id)))
    jobs = [found[each] for each in chosen if each in found]
    return await _listing(desk, words, words.label("history.favourites"), jobs, turns, chosen)


async def matching(desk: Desk, words: Words, asker: Asker, search: str, text: str, page: int = 0) -> Listing:
    """Jobs whose prompt says so: the asker's own, and what everybody sees in the guild where he asks."""
    first = page * MOST_JOBS
    jobs = (await _found(desk, asker, text))[first : first + MOST_JOBS + 1]
    turns = []
    if page > 0:
        turns.append(Turn("search.newer", "▶️", ids.build("found", search, page - 1)))
    if len(jobs) > MOST_JOBS and page < LAST_PAGE:
        turns.append(Turn("card.older", "◀️", ids.build("found", search, page + 1)))
    return await _listing(desk, words, words.label("search.title", text=text), jobs[:MOST_JOBS], turns)


async def _found(desk: Desk, asker: Asker, text: str) -> list[Job]:
    service = desk.service
    jobs = await service.search(text, owner=asker.owner, viewer=asker.owner, limit=LOOKED_AT)
    if asker.guild is not None:
        jobs += await service.search(text, guild=asker.guild, viewer=asker.owner, limit=LOOKED_AT)
    once = {job.id: job for job in jobs if may_see(job, asker)}
    return sorted(once.values(), key=lambda job: (job.queued_at, job.id), reverse=True)


async def _listing(
    desk: Desk,
    words: Words,
    title: str,
    jobs: Sequence[Job],
    turns: Sequence[Turn],
    chosen: Mapping[str, Picture] | None = None,
) -> Listing:
    links: dict[str, str] = {}
    notes: dict[str, str] = {}
    thumbnails: dict[str, str] = {}
    files = []
    jobs = [await spoilers.as_decided(desk.service, job) for job in jobs]
    for job in jobs:
        link, note = await _told(desk, words, job)
        if link:
            links[job.id] = link
        if note:
            notes[job.id] = note
        picture = (chosen or {}).get(job.id) or (job.pictures[0] if job.pictures else None)
        file = None if picture is None else await _thumbnail(desk, job, picture)
        if file is not None:
            thumbnails[job.id] = file.uri
            files.append(file)
    return Listing(pages(title, jobs, words, links=links, notes=notes, thumbnails=thumbnails, turns=turns), files)


async def _told(desk: Desk, words: Words, job: Job) -> tuple[str | None, str | None]:
    """A link to its message, and why there is none or no picture."""
    post = await desk.service.posts.of_job(job.id)
    note = None if job.error is None else job.error.message
    if post is None:
        return None, note
    if post.state == "kept":
        return None, words.label("history.kept", why=post.why or "")
    link = None if post.ephemeral or post.state == "gone" else await lineage.link(desk.service, post)
    return link, note


async def _thumbnail(desk: Desk, job: Job, picture: Picture) -> discord.File | None:
    """None where the picture is not kept any more."""
    try:
        written = await asyncio.to_thread(write, await desk.service.picture_bytes(picture.id), THUMBNAIL)
    except (NotFoundError, UserError, OSError):
        return None
    hidden = bool(job.origin.address.get("spoiler"))
    return discord.File(io.BytesIO(written.data), f"{picture.id}.{written.ending}", spoiler=hidden)
