"""What decided a picture, in a form that can be copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from discord import ui

from daemon.service import Job
from frontends.discord_bot.layouts import parts, text
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Words

MOST_PROMPT, MOST_NEGATIVE, MOST_FACT = 1_800, 700, 100
FILE = "attachment://parameters.txt"


def parameters(job: Job, words: Words, index: int | None = None, *, parent_url: str | None = None) -> View:
    """Of one picture, or of the whole job. Where :func:`is_cut`, :data:`FILE` has to be sent along."""
    title = words.say("parameters.title")
    if index is not None and job.request.count > 1:
        title = words.say("parameters.of", number=index + 1)
    request = job.request
    items: list[ui.Item[Any]] = [
        parts.shown(f"### 📋 {title}"),
        parts.shown(f"**{words.say('parameters.fact.prompt')}**", text.fenced(request.prompt, MOST_PROMPT)),
    ]
    if request.negative_prompt:
        negative = text.fenced(request.negative_prompt, MOST_NEGATIVE)
        items.append(parts.shown(f"**{words.say('parameters.fact.negative')}**", negative))
    rows = [
        f"{words.label(f'parameters.fact.{name}')}: {text.line(value, MOST_FACT)}" for name, value in _facts(job, index)
    ]
    items.append(parts.shown(text.fenced("\n".join(rows), 1_000)))
    link = parts.lineage(job, words, parent_url)
    if link:
        items.append(parts.shown(link))
    if is_cut(job):
        items.append(parts.shown(parts.small([words.say("parameters.cut")])))
        items.append(ui.File(FILE))
    return sealed(parts.box(job.state, *items))


def is_cut(job: Job) -> bool:
    """Whether a message does not hold the whole of it."""
    request = job.request
    whole = text.fenced(request.prompt, 20_000), text.fenced(request.negative_prompt, 20_000)
    return text.units(whole[0]) > MOST_PROMPT or text.units(whole[1]) > MOST_NEGATIVE


def written(job: Job, words: Words, index: int | None = None) -> str:
    """All of it as a text."""
    texts = [("prompt", job.request.prompt), ("negative", job.request.negative_prompt)]
    rows = [(name, value) for name, value in [*texts, *_facts(job, index)] if value]
    return "".join(f"{words.label(f'parameters.fact.{name}')}: {value}\n" for name, value in rows)


def _facts(job: Job, index: int | None) -> Iterator[tuple[str, str]]:
    request = job.request
    picture = next((each for each in job.pictures if each.index == (index or 0)), None)
    yield "model", request.model or ""
    size = (picture.width, picture.height) if picture else (request.width, request.height)
    yield "size", f"{size[0]}x{size[1]}"
    yield "steps", str(request.steps)
    yield "guidance", f"{request.guidance_scale:g}" if request.guidance_scale is not None else ""
    yield "scheduler", request.scheduler or ""
    if request.seed is not None:
        yield "seed", str(request.seed_of(index or 0))
    if request.image:
        yield "image", request.image[:16]
        yield "strength", f"{request.denoising_strength:g}" if request.denoising_strength is not None else ""
    if picture is not None and (index is not None or request.count == 1):
        yield "picture", picture.id
        yield "hash", picture.pixels_sha256
    if job.parent:
        yield "parent", job.parent
    yield "job", job.id
