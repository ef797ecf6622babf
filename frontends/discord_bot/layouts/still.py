"""How a job stands that has not ended, where its message is not followed."""

from __future__ import annotations

from daemon.service import TERMINAL, Expected, Job
from frontends.discord_bot.layouts import parts
from frontends.discord_bot.layouts.drawing import drawing
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.layouts.waiting import waiting
from frontends.discord_bot.words import Marked, Words


def still(
    job: Job,
    words: Words,
    *,
    now_ms: int,
    expected: Expected | None = None,
    progress: tuple[int, int] = (0, 0),
    url: str | None = None,
) -> View:
    """A look at it, with a link to the message that is kept up to date."""
    if job.state in TERMINAL:
        view = sealed(
            parts.box("done", parts.shown(words.say("show.on_its_way")), parts.shown(parts.footer(job, words)))
        )
    elif job.state == "running":
        ends = expected.ends_s if expected else None
        view = drawing(job, words, now_ms=now_ms, step=progress[0], steps=progress[1], ends_s=ends)
    else:
        view = waiting(job, words, now_ms=now_ms, expected=expected)
    if url is not None:
        view.add_item(parts.shown(parts.small([words.say("show.followed", url=Marked(url))])))
    return view
