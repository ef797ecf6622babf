"""Lists, queues, models, accounts and the parameters of others fit into a message, whatever is in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.discord_jobs import ADDRESS, NOW, job
from support.discord_taken import CATALOGUE, LOCALES, PROMPTS, URL, taken
from support.fake_discord.messages import walk

from daemon.service import (
    Account,
    DaemonStatus,
    DeliveryStatus,
    Expected,
    JobError,
    LaneStatus,
    Limit,
    ModelEntry,
    Origin,
    Status,
    Used,
)
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.layouts import queue as queue_layout
from frontends.discord_bot.layouts.foreign import foreign
from frontends.discord_bot.layouts.models import MOST_MODELS, model, models
from frontends.discord_bot.layouts.pages import MOST_JOBS, Turn, pages
from frontends.discord_bot.layouts.queue import Entry, queue
from frontends.discord_bot.layouts.still import still
from frontends.discord_bot.layouts.usage import Sheet, usage
from pipeline.metadata.found import Found
from pipeline.request import Defaults
from storage.quotas.periods import periods
from storage.quotas.terms import Allowance
from storage.quotas.usage import Usage

EXPECTED = st.none() | st.builds(
    Expected, st.none() | st.integers(1, 9_999), st.none() | st.floats(0, 1e6), st.none() | st.floats(0, 1e6)
)


def texts(components: list[dict[str, Any]]) -> str:
    return "\n".join(each["content"] for each in walk(components) if each["type"] == 10)


@settings(max_examples=20, deadline=None)
@given(st.lists(PROMPTS, min_size=MOST_JOBS, max_size=MOST_JOBS), PROMPTS, LOCALES)
def test_a_page_with_thumbnails_fits(prompts: list[str], note: str, locale: str) -> None:
    hidden = Origin("discord", {**ADDRESS, "spoiler": True})
    jobs = [job(request={"prompt": each}, id=f"{number:016}", origin=hidden) for number, each in enumerate(prompts)]
    every = {each.id: note for each in jobs}
    thumbnails = {each.id: f"attachment://{each.id}.webp" for each in jobs}
    turns = [Turn("history.newest", "⏮️", ids.build("newest", jobs[0].id)), Turn("card.older", "◀️", "mz:never")]

    shown = taken(
        pages(
            note,
            jobs,
            CATALOGUE.words(locale),
            links=dict.fromkeys(every, URL),
            notes=every,
            thumbnails=thumbnails,
            turns=turns,
        ),
        *(f"{each.id}.webp" for each in jobs),
    )

    pictures = [each for each in walk(shown) if each["type"] == 11]
    assert [each["media"]["url"] for each in pictures] == list(thumbnails.values())
    assert all(each["spoiler"] for each in pictures)


def status(*, paused: bool, count: int = 0) -> Status:
    lanes = tuple(
        LaneStatus(name, count, count, 1.0, 1.0, None, eta)
        for name, eta in (("interactive", 12.0), ("folder", None), ("scheduled", 4_000.0), ("background", 1e6))
    )
    return Status(
        daemon=DaemonStatus(1, 1.0, "1", "serving"),
        engines=(),
        queue={},
        paused=paused,
        front_ends=(),
        deliveries=DeliveryStatus(0, 0),
        lanes=lanes,
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(PROMPTS, EXPECTED), max_size=queue_layout.MOST_JOBS), LOCALES, st.booleans())
def test_a_queue_fits(waiting: list[tuple[str, Expected | None]], locale: str, paused: bool) -> None:
    entries = [
        Entry(job("queued", request={"prompt": prompt}, id=f"{number:016}"), expected)
        for number, (prompt, expected) in enumerate(waiting)
    ]

    shown = taken(queue(entries, status(paused=paused, count=3), CATALOGUE.words(locale), now_ms=NOW, more=True))

    buttons = [each["custom_id"] for each in walk(shown) if each["type"] == 2]
    assert buttons == [f"mz:cancel:{entry.job.id}" for entry in entries]


def test_what_is_drawn_has_no_place_in_the_queue() -> None:
    entry = Entry(job("running"), Expected(3, 1.0, 10.0))

    shown = texts(taken(queue([entry], status(paused=False), CATALOGUE.words("en-US"), now_ms=NOW)))

    assert "drawing" in shown
    assert "Number 3" not in shown
    assert f"<t:{NOW // 1000 + 10}:R>" in shown
    assert "Nobody waits for anything." in shown


@settings(max_examples=20, deadline=None)
@given(PROMPTS, LOCALES, st.integers(1, 40))
def test_models_fit(text: str, locale: str, count: int) -> None:
    entries = [
        ModelEntry(
            name=f"{'m' * 58}{number:02}",
            path=Path("models"),
            family="sd",
            sha256="ab" * 32,
            licence=text,
            defaults=Defaults(),
            description=text,
            subjects=tuple(text.split() or ["a"]) * 20,
        )
        for number in range(count)
    ]
    words = CATALOGUE.words(locale)

    shown = texts(taken(models(entries, entries[0].name, words)))
    taken(model(entries[0], words))

    assert [entry.name in shown for entry in entries] == [number < MOST_MODELS for number in range(count)]


@settings(max_examples=20, deadline=None)
@given(PROMPTS, PROMPTS, LOCALES, st.text(max_size=200))
def test_parameters_of_others_fit(prompt: str, negative: str, locale: str, tool: str) -> None:
    fields = {"prompt": prompt, "negative_prompt": negative, "steps": 20, "scheduler": prompt[:60], "width": 64}
    found: Found[Any] = Found(tool=tool, request_fields={**fields, "height": 64, "seed": 5}, model=negative)

    taken(foreign(found, CATALOGUE.words(locale)))


@settings(max_examples=20, deadline=None)
@given(PROMPTS, LOCALES, st.sampled_from(["queued", "running", "done", "failed"]), EXPECTED)
def test_a_look_at_a_job_fits(prompt: str, locale: str, state: str, expected: Expected | None) -> None:
    error = JobError("user", prompt, hint=prompt) if state == "failed" else None
    asked = job(state, request={"prompt": prompt}, error=error)

    shown = taken(
        still(asked, CATALOGUE.words(locale), now_ms=NOW, expected=expected, progress=(3, 20), url=URL),
    )

    assert f"]({URL})" in texts(shown)


def account(limit: int | None) -> Account:
    used = Used(1_234_567, 10, 98_765_432, 1_000)
    allowed = () if limit is None else (Allowance("owner:discord:3", "rule", "pictures", "day", limit),)
    return Account(Usage("owner:discord:3", (), used, used, 3, 5 << 30, 1 << 20), allowed, periods(NOW))


def test_an_account_says_the_tightest_limit() -> None:
    here = Limit("owner:discord:3", "guild", "pictures", "day", 50)
    words = CATALOGUE.words("en-US")

    both = texts(taken(usage([Sheet("own", account(100), (here,), 7)], words)))
    none = texts(taken(usage([Sheet("own", account(None), (), 7)], words)))

    assert "Pictures: 1234567 of 50 (and 10 set aside" in both
    assert "GPU-seconds: 98765 (and 1 set aside" in both
    assert "Kept MiB: 5120 (and 1 set aside for what is under way), 3 pictures" in both
    assert "Waiting jobs: 7" in both
    assert "Pictures: 1234567 (and" in none


def test_three_accounts_fit_in_every_language() -> None:
    for locale in ("en-US", "de", "fr"):
        sheets = [Sheet(name, account(10**9), (), 100) for name in ("own", "member", "guild")]
        taken(usage(sheets, CATALOGUE.words(locale)))
