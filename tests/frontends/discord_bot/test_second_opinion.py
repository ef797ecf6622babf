"""SimCord, a stand-in for Discord that others made, takes the messages of the bot as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import simcord
from discord.http import Route
from support.discord_jobs import NOW, job
from support.discord_layouts import V2
from support.probe_bot import Probe

from daemon.service import Expected, JobError
from frontends.discord_bot.layouts.done import Shown, done, part, picked
from frontends.discord_bot.layouts.drawing import drawing
from frontends.discord_bot.layouts.ended import ended
from frontends.discord_bot.layouts.note import note
from frontends.discord_bot.layouts.parameters import parameters
from frontends.discord_bot.layouts.sure import sure
from frontends.discord_bot.layouts.waiting import waiting
from frontends.discord_bot.words import LANGUAGES, Catalogue

LONG = "@everyone **bold** ||`<@1>`|| " * 130
LINK = "https://example.org/{}.png"


def looks() -> Iterator[tuple[str, Any]]:
    """What the bot shows, with the longest prompt and as many pictures as there may be."""
    for language in LANGUAGES:
        words = Catalogue.read().words(language)
        whole = job(request={"prompt": LONG, "count": 10})
        many = job(request={"prompt": LONG, "count": 64})
        files = [Shown(index, LINK.format(index)) for index in range(10)]
        error = JobError("user", LONG[:500], hint="ask for less")
        yield "waiting", waiting(job("queued", request={"prompt": LONG}), words, now_ms=NOW, expected=Expected(3, 1, 9))
        yield "drawing", drawing(job("running"), words, now_ms=NOW, step=1, steps=2, ends_s=3.0)
        yield "done", done(whole, words, files, spoiler=True, parent_url="https://discord.com/channels/1/2/3")
        yield "part", part(many, words, [Shown(index, LINK.format(index)) for index in range(10, 20)])
        yield "picked", picked(whole, words, files[3])
        yield "ended", ended(job("failed", request={"prompt": LONG}, error=error), words)
        yield "parameters", parameters(job(request={"prompt": LONG[:900], "count": 4}), words, 3)
        yield "sure", sure(whole, words)
        yield "note", note(LONG)


async def test_it_takes_every_message_of_the_bot() -> None:
    bot = Probe(None)
    async with simcord.run(bot) as other:
        channel = other.create_guild().create_text_channel("general")
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
        for name, view in looks():
            fields = {"flags": V2, "components": view.to_components(), "allowed_mentions": {"parse": []}}
            sent = await bot.http.request(route, json=fields)
            assert sent["components"], name
            ids = re.findall(r"'custom_id': '([^']+)'", str(sent["components"]))
            assert all(re.fullmatch(r"mz:[a-z]+:[0-9a-z]{16}(:\d{1,2})?", each) for each in ids), (name, ids)
