"""The parts that the messages share."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

from discord import ui

from daemon.service import Job
from frontends.discord_bot.layouts import text
from frontends.discord_bot.words import Marked, Words

COLOURS = MappingProxyType(
    {
        "queued": 0x8A8F98,
        "running": 0x4C8DFF,
        "done": 0x3BA55D,
        "failed": 0xE5484D,
        "cancelled": 0x8A8F98,
        "dead": 0xE5484D,
    }
)
"""Of the line at the side of a message, by the state of its job."""

BAR = 12
"""Characters of a progress bar."""

PROMPT_WAITING, PROMPT_DONE = 600, 1_500
"""Characters of a prompt that a message shows; the parameters show more."""


def box(state: str, *items: ui.Item[Any]) -> ui.Container[Any]:
    """What holds a message together."""
    return ui.Container(*items, accent_colour=COLOURS[state])


def shown(*lines: str) -> ui.TextDisplay[Any]:
    """Lines of our own making, with harmless parts of others' in them."""
    return ui.TextDisplay("\n".join(lines))


def prompt(job: Job, limit: int) -> str:
    """The prompt as it was typed, cut."""
    return text.plain(job.request.prompt, limit) or text.ELLIPSIS


def footer(job: Job, words: Words, *, seed: bool = True) -> str:
    """What was asked of which model, and the id of the job, in small letters."""
    request = job.request
    facts = [text.plain(request.model or "", 100)]
    if request.width and request.height:
        facts.append(f"{request.width}x{request.height}")
    if request.steps:
        facts.append(words.say("card.steps", steps=request.steps))
    if request.count > 1:
        facts.append(words.say("card.pictures", count=request.count))
    if seed and request.seed is not None:
        facts.append(words.say("card.seed", seed=request.seed))
    if job.origin.address.get("private"):
        facts.append(words.say("card.private"))
    return small([*facts, f"`{job.id}`"])


def small(facts: Iterable[str]) -> str:
    """Facts in small letters on one line."""
    return f"-# {' · '.join(fact for fact in facts if fact)}"


def bar(share: float) -> str:
    """A bar that is filled by a share of 0 to 1."""
    full = round(max(0.0, min(1.0, share)) * BAR)
    return f"`{'▰' * full}{'▱' * (BAR - full)}`"


def moment(ms: float) -> Marked:
    """A time (UTC epoch milliseconds) that every reader's own program counts down: "in 3 minutes"."""
    return Marked(f"<t:{round(ms / 1000)}:R>")


def duration(words: Words, seconds: float) -> str:
    """About how long, in words."""
    if seconds < 90:
        return words.say("card.seconds", count=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 90:
        return words.say("card.minutes", count=minutes)
    return words.say("card.hours", hours=minutes // 60, minutes=minutes % 60)


def lineage(job: Job, words: Words, parent_url: str | None) -> str | None:
    """Where the job comes from, with a link to the message of its parent where there is one."""
    if job.parent is None:
        return None
    name = words.say("card.parent")
    link = Marked(f"[{name}]({parent_url})") if parent_url else Marked(f"`{text.plain(job.parent, 40)}`")
    return small([words.say("card.varied_from" if job.request.image else "card.again_after", link=link)])
