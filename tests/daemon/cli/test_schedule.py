"""``mezzotint schedule`` against a real daemon, and without one."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.live_daemon import LiveDaemon

DAWN = ("--cron", "30 2 * * *", "--tz", "Europe/Berlin", "a {red|green} sky", "--size", "64", "--steps", "2")


@pytest.fixture
def dawn(live: LiveDaemon, answer: Any) -> Any:
    """A schedule named dawn; what ``add`` said."""
    said = answer("schedule", "add", "dawn", *DAWN)
    yield said
    answer("schedule", "remove", "dawn")


def test_one_is_added_listed_shown_and_removed(live: LiveDaemon, dawn: Any, answer: Any, told: Any) -> None:
    assert (dawn["name"], dawn["state"], dawn["time_zone"]) == ("dawn", "active", "Europe/Berlin")
    assert dawn["explained"] == "At 02:30 every day (Europe/Berlin)"
    assert [each["name"] for each in answer("schedule", "list")] == ["dawn"]
    shown = answer("schedule", "show", "dawn")
    assert shown["occurrences"] == []
    assert "dawn" in told("schedule", "list").stdout
    assert "At 02:30 every day" in told("schedule", "show", "dawn").stdout


def test_next_tells_the_days_on_which_clocks_are_set(dawn: Any, answer: Any, told: Any) -> None:
    found = answer("schedule", "next", "dawn", "-n", "2", "--from", "2026-03-29T00:00:00")
    assert [(each["due"], each["local"]) for each in found] == [
        ("2026-03-29T01:00:00.000Z", "2026-03-29T03:00:00+02:00"),
        ("2026-03-30T00:30:00.000Z", "2026-03-30T02:30:00+02:00"),
    ]
    at = answer("schedule", "next", "dawn", "-n", "1", "--from", "2026-10-25T00:30:00Z")
    assert at[0]["due"] == "2026-10-25T00:30:00.000Z", "the moment itself counts"
    assert "does not exist" in told("schedule", "next", "dawn", "--from", "2026-03-29").stdout


def test_an_interval_runs_on_its_grid_pauses_and_resumes(live: LiveDaemon, answer: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer(
        "schedule", "add", "tick", "--every", "1s", "a cat {n}", "--size", "64", "--steps", "1", "--folder", str(out)
    )

    def occurrences() -> list[dict[str, Any]]:
        return list(answer("schedule", "show", "tick")["occurrences"])

    live.until(lambda: sum(each["state"] == "done" for each in occurrences()) >= 3, 40, "it ran three times")
    found = occurrences()
    assert {"due", "state", "job"} <= set(found[0])
    due = [datetime.fromisoformat(each["due"]) for each in found]
    assert {later - earlier for earlier, later in pairwise(due)} == {timedelta(seconds=1)}
    job = live.job(next(each["job"] for each in found if each["state"] == "done"))
    assert (job["lane"], job["owner"], job["origin"]["source"]) == ("scheduled", "schedule:tick", "schedule")
    live.until(lambda: len(list(out.glob("tick-*.png"))) >= 3, 30, "its pictures are in the folder")
    assert len(list(out.glob("tick-*.png.json"))) >= 3
    assert answer("schedule", "pause", "tick")["state"] == "paused"
    known = len(occurrences())
    time.sleep(2.2)
    assert len(occurrences()) == known
    assert answer("schedule", "resume", "tick")["state"] == "active"
    live.until(lambda: "missed" in {each["state"] for each in occurrences()}, 20, "the pause counts as missed")
    answer("schedule", "pause", "tick")
    asked = answer("schedule", "run", "tick")["job"]
    assert live.wait(asked)[0]["state"] == "done"
    edited = answer("schedule", "edit", "tick", "--every", "1h", "a dog", "--size", "64")
    assert (edited["explained"], edited["state"]) == ("Every hour", "paused")
    assert answer("schedule", "remove", "tick") == {"removed": "tick"}
    assert live.job(asked)["state"] == "done"


def test_an_evolving_series_starts_from_its_last_picture(live: LiveDaemon, answer: Any) -> None:
    answer(
        *("schedule", "add", "series", "--every", "1h", "a tree", "--evolve", "--strength", "0.5"),
        *("--size", "64", "--steps", "2"),
    )
    first = live.wait(answer("schedule", "run", "series")["job"])[0]
    second = live.wait(answer("schedule", "run", "series")["job"])[0]
    assert (first["request"]["image"], first["request"]["denoising_strength"]) == (None, None)
    assert second["request"]["image"] is not None
    assert second["request"]["denoising_strength"] == 0.5
    answer("schedule", "remove", "series")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "say when"),
        (("--cron", "1 2 3"), "--cron"),
        (("--cron", "@daily", "--every", "1h"), "exactly one"),
        (("--every", "0s"), "--every"),
        (("--every", "ever"), "--every"),
        (("--at", "yesterday"), "--at"),
        (("--at", "2020-01-01"), "past"),
        (("--calendar", "now and then"), "--calendar"),
        (("--every", "1h", "--tz", "+02:00"), "--tz"),
        (("--every", "1h", "--tz", "Europe/Berln"), "Europe/Berlin"),
        (("--every", "1h", "--gap", "x"), "--gap"),
        (("--every", "1h", "--overlap", "x"), "--overlap"),
        (("--every", "1h", "--catch-up", "all:x"), "--catch-up"),
        (("--every", "1h", "--jitter", "9w"), "--jitter"),
        (("--every", "1h", "--starts", "x"), "--starts"),
        (("--every", "1h", "--ends", "2020-01-01"), "nothing is ever due"),
        (("--every", "1h", "--max-runs", "0"), "--max-runs"),
        (("--every", "1h", "--max-in-flight", "0"), "--max-in-flight"),
        (("--every", "1h", "--quiet-hours", "x"), "--quiet-hours"),
        (("--every", "1h", "--owner", "x"), "--owner"),
        (("--every", "1h", "--seed-rule", "x"), "--seed-rule"),
        (("--every", "1h", "--list", "x"), "--list"),
        (("--every", "1h", "--folder", "x"), "--folder"),
        (("--every", "1h", "--folder", "/x", "--webhook", "http://x"), "--webhook"),
        (("--every", "1h", "--webhook", "x"), "--webhook"),
        (("--every", "1h", "--steps", "0"), "--steps"),
        (("--every", "1h", "--size", "x"), "--size"),
        (("--every", "1h", "--model", "nothing"), "nothing"),
        (("--every", "1h", "--image", "/nothing"), "--image"),
    ],
    ids=" ".join,
)
def test_nonsense_is_refused_in_the_words_of_the_options(
    live: LiveDaemon, told: Any, options: tuple[str, ...], said: str
) -> None:
    done = told("schedule", "add", "wrong", *options, "a cat")
    assert done.returncode in (1, 2), done
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert told("schedule", "show", "wrong").returncode == 1


def test_names_that_are_none_and_those_that_nobody_has(live: LiveDaemon, told: Any) -> None:
    for name in ("a b", "../x", "", "x" * 200):
        done = told("schedule", "add", name, "--every", "1h", "a cat")
        assert done.returncode == 2
        assert "name" in done.stderr
    for act in ("show", "next", "pause", "resume", "run", "remove"):
        done = told("schedule", act, "nobody")
        assert done.returncode == 1, done
        assert "there is no schedule 'nobody'" in done.stderr


@pytest.mark.slow
def test_without_a_daemon_a_schedule_is_kept_for_the_next_one(command: Any, state_dir: Path) -> None:
    added = command("schedule", "add", "dawn", *DAWN, "--json")
    assert added.returncode == 0, added.stderr
    assert command("schedule", "list").stdout.splitlines()[1].startswith("dawn  active")
    assert command("schedule", "run", "dawn").returncode == 69
