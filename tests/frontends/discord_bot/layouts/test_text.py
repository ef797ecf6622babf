"""What users type shows as they typed it, and does nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontends.discord_bot.layouts import text

NASTY = st.text(st.sampled_from("*_~`|\\<>[]()@#:/-+1. \nhttps\u200b\u202e\u0301👩\u200d"), max_size=200)
MENTION = re.compile(r"<(?:@[!&]?|#|a?:\w+:|t:|/\w+:|id:)\w*|@(?:everyone|here)")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("a red fox, at night", "a red fox, at night"),
        ("(masterpiece:1.2), 8k - no text!", "(masterpiece:1.2), 8k - no text!"),
        ("**bold** _a_ ~~b~~ `c` ||d||", r"\*\*bold\*\* \_a\_ \~\~b\~\~ \`c\` \|\|d\|\|"),
        ("@everyone", "@\u200beveryone"),
        ("<@1> <#2> <@&3> <:x:4> <t:5:R>", "\\<@\u200b1\\> \\<#2\\> \\<@\u200b&3\\> \\<:x:4\\> \\<t:5:R\\>"),
        ("[a](https://b.c)", r"\[a\](https\://b.c)"),
        ("# big\n## less\n-# small", "\\# big\n\\## less\n\\-# small"),
        ("- a\n+ b\n12. c\n3) d", "\\- a\n\\+ b\n12\\. c\n3\\) d"),
        ("> quoted", r"\> quoted"),
        ("back\\*slash", r"back\\\*slash"),
        ("a\u202eb\u200bc\u2066d\x07e\x1bf", "abcdef"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("\n\n a \n\n\n\n b \n", "a \n\n b"),
        ("\u3164\u2800", ""),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("#hashtag -1 1.5", "#hashtag -1 1.5"),
    ],
)
def test_it_shows_as_it_was_typed(typed: str, told: str) -> None:
    assert text.plain(typed, 500) == told


@settings(deadline=None)
@given(NASTY | st.text(max_size=300), st.integers(1, 120))
def test_it_keeps_within_its_bounds_and_is_cut_between_characters(typed: str, limit: int) -> None:
    told = text.plain(typed, limit)

    assert text.units(told) <= limit
    assert not re.search(r"(?<!\\)(?:\\\\)*\\$", told.removesuffix(text.ELLIPSIS)), "a lone backslash at the end"


@settings(deadline=None)
@given(NASTY)
def test_no_mention_and_no_markup_is_left(typed: str) -> None:
    told = text.plain(typed, 5_000)
    bare = re.sub(r"\\[^a-zA-Z0-9\s]", "¤", told)

    assert not MENTION.search(told.replace("\\<", ""))
    assert not set(bare) & set("*_~`|[]<>\\")
    assert "://" not in bare
    assert not re.search(r"^\s*(?:#{1,3} |[-+] |-#|\d+[.)] )", bare, re.MULTILINE)


@settings(deadline=None)
@given(NASTY)
def test_what_is_seen_is_what_was_typed(typed: str) -> None:
    told = text.plain(typed, 5_000)

    assert re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", told).replace("\u200b", "") == text.cleaned(typed)


@settings(deadline=None)
@given(NASTY | st.text(max_size=300), st.integers(10, 300))
def test_a_block_is_one_block(typed: str, limit: int) -> None:
    told = text.fenced(typed, limit)

    assert text.units(told) <= limit
    assert told.startswith("```\n")
    assert told.endswith("\n```")
    assert "`" not in told[3:-3].replace("`\u200b", "")


@settings(deadline=None)
@given(NASTY | st.text(max_size=300), st.integers(1, 100))
def test_a_line_is_one_line(typed: str, limit: int) -> None:
    told = text.line(typed, limit)

    assert "\n" not in told
    assert text.units(told) <= limit


def test_long_emoji_count_as_the_strictest_reader_counts() -> None:
    assert text.plain("😀" * 10, 11) == "😀" * 5 + "…"
