"""Schedules behind the one door: set up, due, paused, edited, at their end; on a real database with a held clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.choosing import InOrder, charge

from config.errors import ConflictError, NotFoundError, UserError
from daemon.service import Draft, OccurrenceReport
from storage import queue
from storage.queue.job import JobError

START = int(datetime(2026, 11, 26, 6, 0, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000


def draft(name: str = "dawn", **given: Any) -> Draft:
    usual: dict[str, Any] = {"time_zone": "UTC", "request": {"prompt": "a cat {n}", "steps": 2}}
    if not {"cron", "every", "calendar", "at"} & set(given):
        usual["every"] = "1h"
    return Draft(name=name, **{**usual, **given})


class World:
    """The parts, and what tests do with them."""

    def __init__(self, parts: Any) -> None:
        self.parts = parts
        self.clock = parts.clock
        self.clock.now = START
        self.schedules = parts.service.schedules
        self.awake_since = START

    async def fire(self) -> int | None:
        found: int | None = await self.schedules.firing.fire(self.awake_since)
        return found

    async def pass_time(self, milliseconds: int, step: int = HOUR) -> None:
        """Awake all the while, looking at every step."""
        end = self.clock.now + milliseconds
        while self.clock.now < end:
            self.clock.now = min(end, self.clock.now + step)
            await self.fire()

    async def sleep(self, milliseconds: int) -> None:
        """Nobody is there for so long."""
        self.clock.now += milliseconds
        self.awake_since = self.clock.now + 1
        await self.fire()

    async def end_jobs(self, *, failing: bool = False) -> int:
        """Draw whatever is queued, and let the schedules know."""

        def draw(connection: Any) -> int:
            claimed = queue.claim(
                connection,
                now=self.clock.now,
                lease_until=self.clock.now + 60_000,
                limit=1000,
                choose=InOrder(),
                charge=charge,
                max_attempts=3,
            )
            for job in claimed:
                error = JobError("user", "it can't be drawn")
                if failing:
                    queue.fail(connection, job.id, job.attempt, error, now=self.clock.now, max_attempts=3, retry_ms=0)
                else:
                    queue.finish(connection, job.id, job.attempt, [], now=self.clock.now)
            return len(claimed)

        ended: int = await self.parts.database.write(draw)
        await self.schedules.firing.settle()
        return ended

    async def told(self, name: str = "dawn") -> list[tuple[int, str]]:
        """Hours since the start, and states."""
        return [((each.due_at - START) // HOUR, each.state) for each in await self.occurrences(name)]

    async def occurrences(self, name: str = "dawn") -> tuple[OccurrenceReport, ...]:
        found: tuple[OccurrenceReport, ...] = (await self.schedules.show(name)).occurrences
        return found

    async def jobs(self) -> list[Any]:
        return list(reversed(await self.parts.service.jobs()))


@pytest.fixture
def world(parts: Any) -> World:
    return World(parts)


async def test_a_due_time_becomes_one_job_of_the_schedule(world: World) -> None:
    report = await world.schedules.add(draft(target={"kind": "folder", "path": "/srv/dawn"}))
    assert report.state == "active"
    await world.pass_time(HOUR)
    await world.fire()
    (job,) = await world.jobs()
    assert (job.lane, job.owner, job.origin.source) == ("scheduled", "schedule:dawn", "schedule")
    assert job.origin.address["folder"] == "/srv/dawn"
    assert job.request.prompt == "a cat 1"
    (occurrence,) = await world.occurrences()
    assert (occurrence.due_at, occurrence.state, occurrence.job, occurrence.number) == (
        START + HOUR,
        "queued",
        job.id,
        1,
    )
    await world.end_jobs()
    assert await world.told() == [(1, "done")]


async def test_a_webhook_is_the_origin_of_the_job(build: Callable[..., Any]) -> None:
    world = World(build(webhooks={"hosts": [{"name": "example.org"}]}))
    await world.schedules.add(draft(target={"kind": "webhook", "url": "https://example.org/x"}))
    await world.pass_time(HOUR)
    (job,) = await world.jobs()
    assert (job.origin.source, dict(job.origin.address)) == ("webhook", {"url": "https://example.org/x"})


@pytest.mark.parametrize(
    ("catch_up", "made_up"), [("none", []), ("one", [5]), ("all:2", [4, 5]), ("all:100", [1, 2, 3, 4, 5])]
)
async def test_after_a_downtime_catch_up_decides(world: World, catch_up: str, made_up: list[int]) -> None:
    await world.schedules.add(draft(catch_up=catch_up))
    await world.sleep(5 * HOUR + 60_000)
    ran = []
    for _ in range(10):
        ran += [hour for hour, state in await world.told() if state == "queued"]
        await world.end_jobs()
        await world.fire()
    assert ran == made_up, "one after the other, the oldest first"
    assert dict(await world.told()) == {hour: "done" if hour in made_up else "missed" for hour in range(1, 6)}
    late = {each.due_at: each.late_ms for each in await world.occurrences() if each.job}
    assert all(lateness == world.clock.now - due for due, lateness in late.items())
    assert all(each.why for each in await world.occurrences() if each.job is None)


async def test_a_missed_time_within_the_window_is_made_up_for(world: World) -> None:
    await world.schedules.add(draft("near", catch_up="within:30m"))
    await world.schedules.add(draft("far", catch_up="within:30m"))
    await world.schedules.pause("far")
    await world.sleep(HOUR + 20 * 60_000)
    assert await world.told("near") == [(1, "queued")]
    world.clock.now += 20 * 60_000
    await world.schedules.resume("far")
    assert await world.told("far") == [(1, "missed")]


async def test_while_one_runs_what_is_due_is_skipped_and_what_was_missed_waits(world: World) -> None:
    await world.schedules.add(draft(catch_up="all:3"))
    await world.sleep(3 * HOUR)
    assert await world.told() == [(1, "queued"), (2, "waiting"), (3, "waiting")]
    await world.pass_time(HOUR)
    assert (await world.told())[-1] == (4, "skipped")
    for _ in range(3):
        await world.end_jobs()
        await world.fire()
    await world.pass_time(HOUR)
    assert await world.told() == [(1, "done"), (2, "done"), (3, "done"), (4, "skipped"), (5, "queued")]


async def test_a_pause_over_a_due_time_counts_as_missed(world: World) -> None:
    await world.schedules.add(draft(catch_up="one"))
    await world.schedules.pause("dawn")
    await world.pass_time(3 * HOUR)
    assert await world.told() == []
    assert (await world.schedules.show("dawn")).state == "paused"
    await world.schedules.resume("dawn")
    await world.fire()
    assert await world.told() == [(1, "missed"), (2, "missed"), (3, "queued")]


async def test_an_edit_over_a_due_time_repeats_nothing(world: World) -> None:
    await world.schedules.add(draft())
    world.clock.now += 5 * HOUR // 2
    await world.schedules.edit(draft(every="2h", request={"prompt": "a dog"}))
    await world.fire()
    assert await world.told() == []
    await world.pass_time(2 * HOUR)
    (job,) = await world.jobs()
    assert job.request.prompt == "a dog"
    (occurrence,) = await world.occurrences()
    assert occurrence.due_at == START + 9 * HOUR // 2, "the grid begins at the edit"


async def test_an_end_in_the_past_is_refused_and_one_that_comes_ends_it(world: World) -> None:
    for given in ({"ends_at": "2026-11-26T06:30"}, {"at": "2026-11-26T05:00"}):
        with pytest.raises(UserError):
            await world.schedules.add(draft(**given))
    assert await world.schedules.list() == []
    await world.schedules.add(draft(ends_at="2026-11-26T08:30"))
    await world.pass_time(6 * HOUR)
    assert [hour for hour, _ in await world.told()] == [1, 2]
    assert (await world.schedules.show("dawn")).state == "over"


async def test_it_runs_so_often_as_it_may(world: World) -> None:
    await world.schedules.add(draft(max_runs=2))
    for _ in range(5):
        await world.pass_time(HOUR)
        await world.end_jobs()
    assert await world.told() == [(1, "done"), (2, "done")]
    assert (await world.schedules.show("dawn")).state == "over"
    assert await world.schedules.next("dawn") == []


async def test_once_is_once(world: World) -> None:
    await world.schedules.add(draft(at="2026-11-26T07:00"))
    await world.pass_time(3 * HOUR)
    assert await world.told() == [(1, "queued")]
    assert (await world.schedules.show("dawn")).state == "over"


async def test_a_clock_that_is_set_back_runs_nothing_again(world: World) -> None:
    await world.schedules.add(draft())
    await world.pass_time(2 * HOUR)
    await world.end_jobs()
    world.clock.now -= HOUR + 1
    await world.schedules.firing.recompute()
    await world.pass_time(HOUR, step=HOUR // 4)
    assert [hour for hour, _ in await world.told()] == [1, 2]
    await world.pass_time(HOUR + 1)
    assert [hour for hour, _ in await world.told()] == [1, 2, 3]
    assert len(await world.jobs()) == len([1 for _, state in await world.told() if state != "skipped"])


async def test_a_clock_that_was_years_ahead_for_a_moment_silences_nothing(world: World) -> None:
    await world.schedules.add(draft())
    await world.sleep(3 * 365 * 24 * HOUR)
    await world.end_jobs()
    world.clock.now = START + HOUR // 2
    world.awake_since = world.clock.now
    await world.schedules.firing.recompute()
    await world.pass_time(HOUR // 2)
    assert (await world.occurrences())[0].due_at == START + HOUR
    assert (await world.occurrences())[0].state == "queued"


async def test_two_processes_on_the_same_tables_never_make_two(build: Callable[..., Any], tmp_path: Path) -> None:
    """Two services on one database, each with a connection of its own, at the same moments."""
    one, other = World(build()), World(build())
    for number in range(20):
        await one.schedules.add(draft(f"s{number}", catch_up="all:5", max_in_flight=10))
    for _ in range(6):
        one.clock.now += HOUR
        other.clock.now = one.clock.now
        await asyncio.gather(one.fire(), other.fire(), one.fire(), other.fire())
    one.clock.now = other.clock.now = one.clock.now + 9 * HOUR
    one.awake_since = other.awake_since = one.clock.now + 1
    await asyncio.gather(one.fire(), other.fire())
    await asyncio.gather(one.fire(), other.fire())
    for number in range(20):
        told = await one.told(f"s{number}")
        assert [hour for hour, _ in told] == list(range(1, 16))
        assert Counter(state for _, state in told) == {"queued": 10, "missed": 4, "waiting": 1}
        jobs = [each.job for each in await one.occurrences(f"s{number}") if each.job]
        assert len(set(jobs)) == len(jobs)
    assert len(await one.jobs()) == 200


@pytest.mark.parametrize(
    "given",
    [
        {"cron": "30 2 * * *", "time_zone": "Europe/Berlin"},
        {"cron": "30 2 * * *", "time_zone": "Europe/Berlin", "gap": "skip", "overlap": "both"},
        {"calendar": "9 days at 02:15", "time_zone": "Australia/Lord_Howe", "jitter": "3h"},
        {"cron": "0 9 13 * fri", "time_zone": "America/New_York", "quiet_hours": "01:00-03:00"},
        {"every": "7d", "time_zone": "UTC", "seed_rule": "increment", "max_runs": 30},
    ],
)
async def test_what_is_foretold_is_what_happens_for_a_year(world: World, given: dict[str, Any]) -> None:
    text = "a {red|green|blue} cat {n}, {date} {time} {weekday}, __what__"
    request = {"prompt": text, "steps": 2}
    await world.schedules.add(draft(request=request, lists={"what": ["x", "y", "z"]}, max_in_flight=100, **given))
    foretold = [
        (run.due_at, run.prompt, run.seed)
        for run in await world.schedules.next("dawn", 400)
        if run.at <= START + 365 * 24 * HOUR
    ]
    happened, looks = [], 0
    end = START + 365 * 24 * HOUR
    while (next_at := await world.fire()) is not None and next_at <= end:
        world.clock.now = next_at
        await world.fire()
        await world.end_jobs()
        looks += 1
        if looks % 100 == 0:  # twice as many are kept, so that each of them is seen
            assert {each.late_ms for each in await world.occurrences()} == {0}
    assert {each.late_ms for each in await world.occurrences()} == {0}
    for job in await world.jobs():
        happened.append((job.request.prompt, job.request.seed))
    assert len(foretold) >= 25
    assert happened == [(prompt, seed) for _, prompt, seed in foretold]
    assert [each.due_at for each in await world.occurrences()][-200:] == [due for due, _, _ in foretold][-200:]


async def test_one_that_fails_stops_no_other_and_is_paused_and_says_why(world: World) -> None:
    await world.schedules.add(draft("good"))
    await world.schedules.add(draft("gone", request={"prompt": "__gone__"}, lists={"gone": ["a"]}))
    directory = world.parts.settings.state_dir / "wildcards"
    directory.mkdir()
    (directory / "soon.txt").write_text("a\n")
    await world.schedules.add(draft("bad", request={"prompt": "__soon__"}))
    (directory / "soon.txt").unlink()
    for _ in range(7):
        await world.pass_time(HOUR)
        await world.end_jobs()
    assert await world.told("good") == [(hour, "done") for hour in range(1, 8)]
    assert await world.told("bad") == [(hour, "failed") for hour in range(1, 6)]
    assert "there is no list 'soon'" in str((await world.occurrences("bad"))[-1].why)
    report = await world.schedules.show("bad")
    assert report.state == "paused"
    assert "5 runs in a row failed" in str(report.schedule.paused_why)
    (condition,) = world.parts.conditions.list()
    assert condition.what == "schedule bad"
    assert "resume bad" in condition.heals
    (directory / "soon.txt").write_text("a\n")
    await world.schedules.resume("bad")
    assert world.parts.conditions.list() == ()
    await world.fire()
    assert (await world.told("bad"))[-1] == (7, "queued")


async def test_jobs_that_fail_count_and_one_that_succeeds_begins_anew(world: World) -> None:
    await world.schedules.add(draft())
    for failing in (True, True, True, True, False, True, True, True, True):
        await world.pass_time(HOUR)
        await world.end_jobs(failing=failing)
    assert (await world.schedules.show("dawn")).state == "active"
    await world.pass_time(HOUR)
    await world.end_jobs(failing=True)
    report = await world.schedules.show("dawn")
    assert report.state == "paused"
    assert "it can't be drawn" in str(report.schedule.paused_why)


async def test_a_full_queue_lets_them_wait(build: Callable[..., Any]) -> None:
    world = World(build(queue={"max_queued": 1}))
    await world.schedules.add(draft("first"))
    await world.schedules.add(draft("second", every="61m"))
    await world.pass_time(61 * 60_000, step=60_000)
    assert (await world.told("first"), (await world.told("second"))[0][1]) == ([(1, "queued")], "waiting")
    (occurrence,) = await world.occurrences("second")
    assert "the queue is full" in str(occurrence.why)
    await world.end_jobs()
    await asyncio.sleep(1.1)  # the queue is counted once a second at most
    await world.fire()
    assert (await world.told("second"))[0][1] == "queued"


async def test_a_run_that_is_asked_for_is_besides_the_due_times(world: World) -> None:
    await world.schedules.add(draft())
    world.clock.now += 1_000
    job = await world.schedules.run("dawn")
    (occurrence,) = await world.occurrences()
    assert (occurrence.job, occurrence.why, occurrence.number) == (job, "asked for", 1)
    await world.end_jobs()
    await world.pass_time(HOUR)
    assert [each.number for each in await world.occurrences()] == [1, 2]


async def test_the_history_is_bounded_and_holds_the_last_two_hundred(world: World) -> None:
    await world.schedules.add(draft(every="1s", catch_up="none"))
    await world.sleep(10_000 * 1_000)
    found = await world.occurrences()
    assert 200 <= len(found) <= 300
    assert found[-1].due_at == START + 10_000_000
    await world.pass_time(400_000, step=1_000)
    found = await world.occurrences()
    assert 200 <= len(found) <= 301
    assert [each.due_at for each in found] == sorted(each.due_at for each in found)
    assert found[-1].due_at == world.clock.now


async def test_names_are_taken_once_and_unknown_ones_are_said(world: World) -> None:
    await world.schedules.add(draft())
    with pytest.raises(ConflictError):
        await world.schedules.add(draft())
    for act in ("show", "pause", "resume", "run", "remove", "next"):
        with pytest.raises(NotFoundError):
            await getattr(world.schedules, act)("nobody")
    await world.pass_time(HOUR)
    await world.schedules.remove("dawn")
    assert await world.schedules.list() == []
    assert len(await world.jobs()) == 1
    await world.schedules.add(draft())
    await world.pass_time(HOUR)
    assert len(await world.jobs()) == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "../x"}, "name"),
        ({"name": "x" * 64}, "name"),
        ({"every": "1h", "cron": "@daily"}, "cron"),
        ({"every": "0s"}, "every"),
        ({"cron": "no"}, "cron"),
        ({"at": "soon"}, "at"),
        ({"at": "2027-03-28T02:30", "time_zone": "Europe/Berlin", "gap": "skip"}, "at"),
        ({"at": "9999-12-31T23:59"}, "at"),
        ({"time_zone": "+01:00"}, "time_zone"),
        ({"gap": "jump"}, "gap"),
        ({"overlap": "last"}, "overlap"),
        ({"catch_up": "some"}, "catch_up"),
        ({"jitter": "2d"}, "jitter"),
        ({"max_runs": 0}, "max_runs"),
        ({"max_in_flight": 1_000}, "max_in_flight"),
        ({"quiet_hours": "all"}, "quiet_hours"),
        ({"owner": "nobody"}, "owner"),
        ({"seed_rule": "fixed"}, "seed_rule"),
        ({"request": {}}, "prompt"),
        ({"request": {"prompt": "x", "steps": 0}}, "steps"),
        ({"request": {"prompt": "x", "seed": -1}}, "seed"),
        ({"request": {"prompt": "{x}"}}, "prompt"),
        ({"request": {"prompt": "x", "model": "nothing"}}, None),
        ({"lists": {"a/b": ["x"]}}, "lists"),
        ({"target": {"kind": "post"}}, "target"),
        ({"target": {"kind": "folder", "path": "here"}}, "path"),
        ({"target": {"kind": "folder", "path": "/srv/../etc"}}, "path"),
        ({"target": {"kind": "webhook", "url": "ftp://x"}}, "url"),
        ({"target": {"kind": "webhook", "url": "https://not.listed"}}, "webhook"),
        ({"target": {"kind": "webhook"}}, "target"),
        ({"starts_at": "2027-01-01", "ends_at": "2026-12-01"}, "every"),
    ],
)
async def test_what_is_wrong_is_refused_with_its_field(world: World, given: dict[str, Any], field: str | None) -> None:
    with pytest.raises(UserError) as refused:
        await world.schedules.add(draft(**given))
    assert field is None or refused.value.field == field
    assert len(refused.value.message) < 300
    assert await world.schedules.list() == []


async def test_results_never_go_where_orders_are_taken_from(world: World) -> None:
    for path in (world.parts.settings.state_dir / "inbox" / "x", world.parts.settings.state_dir, "/"):
        with pytest.raises(UserError) as refused:
            await world.schedules.add(draft(target={"kind": "folder", "path": str(path)}))
        assert refused.value.field == "path"


async def test_a_preview_keeps_nothing(world: World) -> None:
    explained, runs = await world.schedules.preview(draft(cron="0 9 * * 1-5", time_zone="Europe/Berlin"), 3)
    assert explained == "At 09:00 on Monday through Friday (Europe/Berlin)"
    assert [run.local for run in runs] == [f"2026-11-{day}T09:00:00+01:00" for day in (26, 27, 30)]
    assert await world.schedules.list() == []


async def test_the_tally_counts(world: World) -> None:
    await world.schedules.add(draft(catch_up="one"))
    await world.sleep(3 * HOUR + 5_000)
    await world.pass_time(HOUR)
    tally = world.schedules.firing.tally
    assert tally.due == 4
    assert tally.ran == 1
    assert tally.not_run == {"missed": 2, "skipped": 1}
    assert (tally.late_ms, tally.latest_ms) == (5_000, 5_000)
