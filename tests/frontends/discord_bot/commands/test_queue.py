"""``/queue``: what somebody waits for, and how busy the service is."""

from __future__ import annotations

from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld

from frontends.discord_bot.layouts.queue import MOST_JOBS


def test_who_waits_for_nothing_is_told_so(world: BotWorld) -> None:
    ann = Person(world, "ann")
    told = ann.says("queue")

    assert only_seen_by(told, ann)
    assert "You wait for nothing." in told.text
    assert "Nobody waits for anything." in told.text


def test_own_jobs_are_listed_with_their_place_and_a_way_to_end_them(world: BotWorld) -> None:
    world.daemon.call("POST", "/v1/queue/pause")
    ben, cat = Person(world, "ben"), Person(world, "cat")
    for number in range(MOST_JOBS + 1):
        ben.says("imagine", prompt=f"@everyone number {number}")
    cat.says("imagine", prompt="of somebody else")
    jobs = [job["id"] for job in ben.jobs()][::-1]

    told = ben.says("queue")

    assert "The queue is paused" in told.text
    assert "There are more behind these." in told.text
    assert [job in told.text for job in jobs] == [True] * MOST_JOBS + [False]
    assert "Number 1 in the queue" in told.text
    assert "nobody can tell yet" in told.text
    assert f"People: 0 drawn, {MOST_JOBS + 2} waiting" in told.text
    assert "of somebody else" not in told.text
    assert "@everyone" not in told.text
    assert [each["custom_id"] for each in told.buttons] == [f"mz:cancel:{job}" for job in jobs[:MOST_JOBS]]

    ben.presses(told, f"mz:cancel:{jobs[0]}")
    world.daemon.until(lambda: jobs[0] not in ben.says("queue").text, 20, "it is called off")
    world.daemon.call("POST", "/v1/queue/resume")


def test_what_is_drawn_comes_first(world: BotWorld) -> None:
    dan = Person(world, "dan")
    world.daemon.until(lambda: "Nobody waits" in dan.says("queue").text, 60, "all is drawn")
    dan.says("imagine", prompt="a long one", steps=150, count=10)
    job = dan.jobs()[0]["id"]
    world.daemon.until(lambda: dan.jobs()[0]["state"] == "running", 30, "it is drawn")

    told = dan.says("queue")

    assert job in told.text
    assert "drawing" in told.text
    dan.says("cancel", job=job)
