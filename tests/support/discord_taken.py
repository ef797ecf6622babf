"""Layouts of the bot as Discord judges them, and what people may type into them."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st
from support.discord_jobs import JOB
from support.fake_discord import layout
from support.fake_discord.messages import walk
from support.fake_discord.refusals import Form

from frontends.discord_bot.layouts.sealed import View
from frontends.discord_bot.words import Catalogue

CATALOGUE = Catalogue.read()
ALLOWED = st.characters(exclude_categories=["Cs", "Cc"])
EVIL = [
    "<@1> ",
    "@everyone ",
    "```",
    "||",
    "[a](https://b.c) ",
    f"mz:delete:{JOB} ",
    "**",
    "\\",
    "# ",
    "👩\u200d🚀",
    "\n",
]
PROMPTS = (
    st.text(ALLOWED, min_size=1, max_size=200)
    | st.lists(st.sampled_from(EVIL), min_size=1, max_size=300).map("".join)
    | st.tuples(st.sampled_from(EVIL), st.integers(1, 4_000)).map(lambda pair: (pair[0] * pair[1])[:4_000])
).filter(lambda text: bool(text.strip()) and len(text) <= 4_000)
LOCALES = st.sampled_from(["en-US", "de", "fr", "ja"])
URL = "https://discord.com/channels/1234567890123456789/1234567890123456789/1234567890123456789"


def taken(view: View, *names: str) -> list[dict[str, Any]]:
    """The layout, which Discord must take; and with every text in it counted strictly."""
    components = view.to_components()
    form = Form()
    layout.check(form, components, v2=True, files=set(names))
    form.finish()
    texts = [each["content"] for each in walk(components) if each["type"] == 10]
    assert sum(len(each.encode("utf-16-le")) // 2 for each in texts) <= 4_000
    for each in texts:
        assert not re.search(r"(?<!\\)<[@#/:]|@(?:everyone|here)|(?<!\\)<a:", _outside_blocks(each))
    return components


def _outside_blocks(content: str) -> str:
    return re.sub(r"```\n.*?\n```", "", content, flags=re.DOTALL)
