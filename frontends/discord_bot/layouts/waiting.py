"""The message of a job that waits."""

from __future__ import annotations

from daemon.service import Expected, Job
from frontends.discord_bot.layouts import controls, parts
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Words


def waiting(job: Job, words: Words, *, now_ms: int, expected: Expected | None = None) -> View:
    """Its place and when it will be ready, as far as that is known, with a way to call it off."""
    return sealed(
        parts.box(
            "queued",
            parts.shown(f"### ⏳ {words.say('card.waiting')}", _outlook(words, now_ms, expected)),
            parts.shown(parts.prompt(job, parts.PROMPT_WAITING)),
            parts.shown(parts.footer(job, words, seed=False)),
            controls.row(controls.button("cancel", job.id, words)),
        )
    )


def _outlook(words: Words, now_ms: int, expected: Expected | None) -> str:
    place = words.say("card.starting")
    if expected is not None and expected.position is not None and expected.position > 1:
        place = words.say("card.position", position=expected.position)
    if expected is None or expected.ends_s is None:
        return f"{place} · {words.say('card.not_known')}"
    return f"{place} · {words.say('card.ready', when=parts.moment(now_ms + expected.ends_s * 1000))}"
