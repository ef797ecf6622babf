"""What somebody waits for, each with a way to call it off, and the lanes in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from discord import ButtonStyle, ui

from daemon.service import Expected, Job, Status
from frontends.discord_bot.layouts import controls, parts, text
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Marked, Words

MOST_JOBS = 8
MOST_PROMPT = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A job that has not ended, and what is expected of it."""

    job: Job
    expected: Expected | None


def queue(entries: Sequence[Entry], status: Status, words: Words, *, now_ms: int, more: bool = False) -> View:
    """At most :data:`MOST_JOBS`; ``more``: there are others behind them."""
    if len(entries) > MOST_JOBS:
        raise ValueError(f"{len(entries)} jobs do not go into one message")
    items: list[ui.Item[Any]] = [parts.shown(f"### {words.say('queue.title')}")]
    if status.paused:
        items.append(parts.shown(words.say("queue.paused")))
    items += [_entry(each, words, now_ms) for each in entries]
    if not entries:
        items.append(parts.shown(words.say("queue.nothing")))
    if more:
        items.append(parts.shown(parts.small([words.say("queue.more")])))
    items.append(parts.shown(parts.small([_lanes(status, words)])))
    return sealed(parts.box("queued", *items))


def _entry(entry: Entry, words: Words, now_ms: int) -> ui.Item[Any]:
    job, expected = entry.job, entry.expected
    facts = [words.say(f"card.state_{job.state}")]
    if job.state == "queued" and expected is not None and expected.position is not None:
        facts = [words.say("card.position", position=expected.position)]
    if expected is not None and expected.ends_s is not None:
        facts.append(words.say("card.ready", when=parts.moment(now_ms + expected.ends_s * 1000)))
    else:
        facts.append(words.say("card.not_known"))
    prompt = text.plain(" ".join(job.request.prompt.split()), MOST_PROMPT) or text.ELLIPSIS
    said = f"{prompt}\n{parts.small([*facts, f'`{job.id}`'])}"
    return ui.Section(said, accessory=controls.button("cancel", job.id, words, ButtonStyle.danger))


def _lanes(status: Status, words: Words) -> str:
    """Those in which there is something."""
    busy = [lane for lane in status.lanes if lane.queued or lane.running]
    told = [
        words.say(
            "queue.lane",
            lane=words.label(f"queue.lane_{lane.name}"),
            running=lane.running,
            queued=lane.queued,
            time=Marked("?" if lane.eta_s is None else parts.duration(words, lane.eta_s)),
        )
        for lane in busy
    ]
    return " · ".join(told) or words.say("queue.idle")
