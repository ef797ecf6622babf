"""Whatever was asked, every message is one that Discord takes, and nobody's text can press a button or ping anyone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.discord_jobs import JOB, NOW, job
from support.discord_taken import CATALOGUE, LOCALES, PROMPTS, URL, taken
from support.fake_discord import layout
from support.fake_discord.messages import walk

from daemon.service import Expected, JobError, Origin
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.layouts.done import Shown, done, part, picked
from frontends.discord_bot.layouts.drawing import drawing
from frontends.discord_bot.layouts.ended import ended
from frontends.discord_bot.layouts.pages import MOST_JOBS, Turn, pages
from frontends.discord_bot.layouts.parameters import is_cut, parameters, written
from frontends.discord_bot.layouts.waiting import waiting


def custom_ids(components: list[dict[str, Any]]) -> Iterator[ids.ButtonId]:
    for each in walk(components):
        if "custom_id" in each:
            found = ids.parse(each["custom_id"])
            assert found is not None
            yield found


@settings(max_examples=30, deadline=None)
@given(PROMPTS, st.integers(1, 64), LOCALES, st.booleans(), st.booleans())
def test_a_finished_job_fits_whatever_was_asked(
    prompt: str, count: int, locale: str, spoiler: bool, private: bool
) -> None:
    address = {"private": private}
    finished = job(
        request={"prompt": prompt, "count": count, "model": "m" * 100, "image": "ab" * 32},
        parent=JOB,
        origin=Origin("discord", address),
    )
    words = CATALOGUE.words(locale)
    names = [f"{index}.png" for index in range(count)]
    files = [Shown(index, f"attachment://{name}") for index, name in enumerate(names)]

    shown = taken(done(finished, words, files[:10], spoiler=spoiler, parent_url=URL), *names)
    verbs = [found.verb for found in custom_ids(shown)]
    assert {found.job for found in custom_ids(shown)} == {JOB}
    assert {"reroll", "edit", "parameters", "favourite", "spoiler", "delete", "subtle", "strong"} <= set(verbs)
    assert ("pick" in verbs) == (count > 1)
    (gallery,) = [each for each in walk(shown) if each["type"] == 12]
    assert len(gallery["items"]) == min(count, 10)
    assert all(bool(item.get("spoiler")) == spoiler for item in gallery["items"])
    for begin in range(10, count, 10):
        taken(part(finished, words, files[begin : begin + 10], spoiler=spoiler), *names)
    taken(picked(finished, words, files[-1], spoiler=spoiler, parent_url=URL), *names)


@settings(max_examples=30, deadline=None)
@given(PROMPTS, st.integers(1, 64), LOCALES, st.integers(0, 10_000), st.none() | st.floats(0, 1e6))
def test_a_job_on_its_way_fits(prompt: str, count: int, locale: str, number: int, ends_s: float | None) -> None:
    words = CATALOGUE.words(locale)
    request = {"prompt": prompt, "count": count, "model": "m" * 100}
    expected = Expected(number or None, ends_s, ends_s)

    queued = taken(waiting(job("queued", request=request), words, now_ms=NOW, expected=expected))
    drawn = drawing(
        job("running", request=request),
        words,
        now_ms=NOW,
        step=number,
        steps=10_000,
        ends_s=ends_s,
        preview="attachment://p.webp",
    )

    assert [found.verb for found in custom_ids(queued)] == ["cancel"]
    assert [found.verb for found in custom_ids(taken(drawn, "p.webp"))] == ["cancel"]


@settings(max_examples=30, deadline=None)
@given(PROMPTS, PROMPTS, PROMPTS, LOCALES, st.sampled_from(["failed", "cancelled", "dead"]))
def test_a_job_that_came_to_nothing_fits(prompt: str, message: str, hint: str, locale: str, state: str) -> None:
    error = JobError("user", message, hint=hint)
    over = job(state, request={"prompt": prompt}, error=error, parent=JOB)

    shown = taken(ended(over, CATALOGUE.words(locale), parent_url=URL))

    assert [found.verb for found in custom_ids(shown)] == ["retry", "edit", "parameters", "delete"]


@settings(max_examples=30, deadline=None)
@given(PROMPTS, PROMPTS, LOCALES)
def test_parameters_fit_and_the_file_has_what_does_not(prompt: str, negative: str, locale: str) -> None:
    asked = job(request={"prompt": prompt, "negative_prompt": negative, "image": "ab" * 32}, parent=JOB)
    words = CATALOGUE.words(locale)

    shown = taken(parameters(asked, words, 0, parent_url=URL), "parameters.txt")

    assert any(each["type"] == layout.FILE for each in walk(shown)) == is_cut(asked)
    assert asked.request.prompt in written(asked, words, 0)
    assert asked.request.negative_prompt in written(asked, words, 0)


@settings(max_examples=20, deadline=None)
@given(st.lists(PROMPTS, max_size=MOST_JOBS), PROMPTS, PROMPTS, LOCALES, st.booleans())
def test_a_page_fits(prompts: list[str], title: str, note: str, locale: str, more: bool) -> None:
    jobs = [job(request={"prompt": each}, id=f"{number:016}") for number, each in enumerate(prompts)]
    every = {each.id: note for each in jobs}
    links = dict.fromkeys(every, URL)

    turns = [Turn("card.older", "◀️", ids.build("page", jobs[-1].id))] if more and jobs else []

    shown = taken(pages(title, jobs, CATALOGUE.words(locale), links=links, notes=every, turns=turns))

    expected = [ids.ButtonId("page", jobs[-1].id)] if turns else []
    assert list(custom_ids(shown)) == expected


def test_the_prompt_describes_every_picture() -> None:
    shown = done(
        job(request={"prompt": "a *fox*\n" + "x" * 2_000, "count": 2}),
        CATALOGUE.words("en-US"),
        [Shown(index, f"attachment://{index}.png") for index in range(2)],
    ).to_components()

    descriptions = [item["description"] for each in walk(shown) if each["type"] == 12 for item in each["items"]]
    assert len(descriptions) == 2
    assert all(each.startswith("a *fox*\nxxx") and len(each) == 1_024 for each in descriptions)


def test_four_pictures_have_buttons_and_five_have_menus() -> None:
    words = CATALOGUE.words("de")
    for count, kinds in ((4, {2}), (5, {2, 3})):
        files = [Shown(index, f"https://e.org/{index}.png") for index in range(count)]
        shown = done(job(request={"count": count}), words, files).to_components()
        assert {each["type"] for each in walk(shown) if "custom_id" in each} == kinds
        picks = [found for found in custom_ids(shown) if found.verb == "pick"]
        assert [each.index for each in picks] == ([0, 1, 2, 3] if count == 4 else [None])


def test_a_single_picture_has_nothing_to_pick() -> None:
    shown = done(job(), CATALOGUE.words("fr"), [Shown(0, "https://e.org/0.png")]).to_components()

    assert [(found.verb, found.index) for found in custom_ids(shown)][:2] == [("subtle", 0), ("strong", 0)]


def test_eleven_pictures_do_not_go_into_one_message() -> None:
    files = [Shown(index, f"https://e.org/{index}.png") for index in range(11)]
    with pytest.raises(ValueError, match="11 pictures"):
        done(job(request={"count": 11}), CATALOGUE.words("en"), files)


def test_the_wait_is_told_as_far_as_it_is_known() -> None:
    words = CATALOGUE.words("en-US")

    def said(expected: Expected | None) -> str:
        shown = waiting(job("queued"), words, now_ms=NOW, expected=expected).to_components()
        return str(next(each["content"] for each in walk(shown) if each["type"] == 10))

    assert "Number 3 in the queue · ready <t:1700000060:R>" in said(Expected(3, 20.0, 60.0))
    assert "About to begin" in said(Expected(1, 0.0, 60.0))
    assert "nobody can tell yet" in said(None)


async def test_the_library_keeps_no_layout() -> None:
    assert waiting(job("queued"), CATALOGUE.words("en"), now_ms=NOW).is_finished()
