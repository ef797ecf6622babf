"""What every engine promises (see ``pipeline.engine.contract``), checked through the loop as the daemon meets it."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image
from support.draws import draw

from pipeline.messages import ASIDE, Cancel, Drawn, Failed, Finished, Progress, Pulse, Rank, Stop, Stopped

from .conftest import Bench


def png(colour: tuple[int, int, int], size: tuple[int, int] = (64, 64)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def test_a_job_ends_with_its_picture(bench: Bench) -> None:
    bench.send(bench.order("a", seed=7))
    bench.serve()
    (drawn,) = bench.said(Drawn, "a")
    assert (drawn.index, drawn.seed, drawn.width, drawn.height) == (0, 7, bench.side, bench.side)
    assert len(drawn.pixels) == bench.side * bench.side * 3
    assert hashlib.sha256(drawn.pixels).hexdigest() == drawn.pixels_sha256
    assert bench.ends() == {"a": "Finished"}


def test_every_picture_of_a_job_has_its_own_seed_and_pixels(bench: Bench) -> None:
    bench.send(bench.order("a", seed=2**32 - 1, count=3))
    bench.serve()
    drawn = bench.said(Drawn, "a")
    assert [picture.index for picture in drawn] == [0, 1, 2]
    assert [picture.seed for picture in drawn] == [2**32 - 1, 0, 1]
    assert len({picture.pixels_sha256 for picture in drawn}) == 3
    assert [progress.step for progress in bench.said(Progress, "a")][-1] == 3 * bench.steps


def test_pixels_follow_prompt_and_seed_and_nothing_else(bench: Bench) -> None:
    bench.send(
        bench.order("one", deterministic=True),
        bench.order("same", deterministic=True),
        bench.order("other prompt", prompt="a green tree", deterministic=True),
        bench.order("other seed", seed=2, deterministic=True),
    )
    bench.serve()
    digest = {drawn.job: drawn.pixels_sha256 for drawn in bench.said(Drawn)}
    assert digest["one"] == digest["same"]
    assert len(set(digest.values())) == 3


def test_jobs_of_different_length_share_their_forwards(bench: Bench) -> None:
    bench.send(*(bench.order(f"job {steps}", steps=steps) for steps in (2, 3, 4)))
    bench.serve()
    assert bench.last_pulse().forwards == 4
    assert bench.last_pulse().steps == 2 + 3 + 4


def test_the_end_of_a_job_comes_after_the_pulse_that_counts_it(bench: Bench) -> None:
    bench.send(bench.order("short", steps=2), bench.order("long", steps=4))
    bench.serve()
    counted = 0
    at_the_end = {}
    for message in bench.heard:
        if isinstance(message, Pulse):
            counted = message.steps
        elif isinstance(message, Finished):
            at_the_end[message.job] = counted
    assert at_the_end == {"short": 4, "long": 6}


def test_a_job_that_comes_midway_joins_the_next_forward(bench: Bench) -> None:
    bench.send(bench.order("first", steps=4))
    bench.when(Progress, "first", lambda: bench.send(bench.order("second", steps=2)))
    bench.serve()
    assert bench.last_pulse().forwards == 4
    assert bench.ends() == {"first": "Finished", "second": "Finished"}


def test_a_cancelled_job_takes_no_further_step_and_its_neighbour_goes_on(bench: Bench) -> None:
    bench.send(bench.order("unwanted", steps=4), bench.order("neighbour", steps=4))
    bench.when(Progress, "unwanted", lambda: bench.send(Cancel(job="unwanted", attempt=1)))
    bench.serve()
    assert bench.ends() == {"unwanted": "Stopped", "neighbour": "Finished"}
    assert [progress.step for progress in bench.said(Progress, "unwanted")] == [1]
    assert bench.said(Drawn, "unwanted") == []


def test_cancelling_what_is_unknown_or_of_an_earlier_attempt_does_nothing(bench: Bench) -> None:
    bench.send(bench.order("a", attempt=2))
    bench.when(Progress, "a", lambda: bench.send(Cancel(job="a", attempt=1), Cancel(job="nobody", attempt=1)))
    bench.serve()
    assert bench.said(Stopped) == []
    assert [(end.job, end.attempt) for end in bench.said(Finished)] == [("a", 2)]


def test_an_overdue_job_ends_so_that_it_can_be_tried_again(bench: Bench) -> None:
    bench.send(bench.order("late", deadline_seconds=0.0), bench.order("in time"))
    bench.serve()
    (failed,) = bench.said(Failed)
    assert (failed.job, failed.kind) == ("late", "retryable")
    assert bench.ends() == {"late": "Failed", "in time": "Finished"}


def test_an_urgent_job_goes_first_and_the_parked_ones_end_as_they_would_have(bench: Bench) -> None:
    rows = bench.rows
    background = [
        bench.order(f"background {row}", urgency=3, seed=row, steps=4, deterministic=True) for row in range(2)
    ]
    background += [bench.order(f"background {row}", urgency=3, seed=row, steps=4) for row in range(2, rows)]
    bench.send(*background)
    bench.when(Progress, "background 0", lambda: bench.send(bench.order("person", urgency=0, steps=2)))
    bench.serve()
    assert list(bench.ends().values()) == ["Finished"] * (rows + 1)
    assert next(iter(bench.ends())) == "person"
    crowded = {drawn.job: drawn.pixels_sha256 for drawn in bench.said(Drawn)}
    alone = bench.anew()
    alone.send(background[0], background[1])
    alone.serve()
    for drawn in alone.said(Drawn):
        assert crowded[drawn.job] == drawn.pixels_sha256


def test_a_parked_job_that_becomes_urgent_is_drawn_at_the_next_step_and_no_place_stays_empty(bench: Bench) -> None:
    rows = bench.rows
    bench.send(*(bench.order(f"job {row}", urgency=3, steps=4) for row in range(rows)))
    bench.send(bench.order("later", urgency=3, steps=2))
    bench.when(Progress, "job 0", lambda: bench.send(Rank(job="later", attempt=1, urgency=0)))
    bench.serve()
    assert next(iter(bench.ends())) == "later"
    assert list(bench.ends())[-1] == f"job {rows - 1}", "the youngest made room"
    assert bench.last_pulse().steps == 4 * rows + 2
    assert bench.last_pulse().forwards == 6, "1 without the late one, 2 with it, 3 for who made room"


def test_who_is_set_aside_rides_with_nobody_else_and_is_drawn_as_soon_as_there_is_nobody(bench: Bench) -> None:
    bench.send(*(bench.order(f"aside {row}", urgency=ASIDE + row, steps=2) for row in range(2)))
    bench.send(bench.order("person", urgency=1, steps=4))
    bench.serve()
    assert list(bench.ends()) == ["person", "aside 0", "aside 1"]
    assert bench.last_pulse().steps == 4 + 2 * 2
    assert bench.last_pulse().forwards == 4 + 2, "those who are set aside share theirs"


def test_a_job_that_is_parked_for_others_comes_out_as_it_would_have(bench: Bench) -> None:
    first = [bench.order(f"first {row}", urgency=1, seed=row, steps=4, deterministic=True) for row in range(2)]
    second = [bench.order(f"second {row}", urgency=2, seed=row, steps=3) for row in range(bench.rows)]

    def down() -> None:
        bench.send(*(Rank(job=each.job, attempt=1, urgency=3) for each in first))

    bench.send(*first, *second)
    bench.when(Progress, "first 0", down)
    bench.serve()
    assert set(list(bench.ends())[-2:]) == {"first 0", "first 1"}
    assert list(bench.ends().values()) == ["Finished"] * (2 + bench.rows)
    crowded = {drawn.job: drawn.pixels_sha256 for drawn in bench.said(Drawn)}
    alone = bench.anew()
    alone.send(*first)
    alone.serve()
    for drawn in alone.said(Drawn):
        assert crowded[drawn.job] == drawn.pixels_sha256


def test_the_urgency_of_what_is_unknown_or_of_an_earlier_attempt_changes_nothing(bench: Bench) -> None:
    bench.send(*(bench.order(f"job {row}", attempt=2, urgency=1, steps=2) for row in range(bench.rows + 1)))
    late = f"job {bench.rows}"
    bench.when(
        Progress,
        "job 0",
        lambda: bench.send(Rank(job=late, attempt=1, urgency=0), Rank(job="nobody", attempt=1, urgency=0)),
    )
    bench.serve()
    assert list(bench.ends())[-1] == late


def test_previews_come_only_when_they_are_asked_for(bench: Bench) -> None:
    """An engine may need to have decoded a picture before it can show what a half-finished one looks like."""
    two = bench.order("shown", steps=12, previews=True), bench.order("not shown", steps=12)
    bench.send(bench.order("earlier", steps=1))
    bench.when(Finished, "earlier", lambda: bench.send(*two))
    bench.serve()
    previews = [progress.preview_png for progress in bench.said(Progress, "shown") if progress.preview_png]
    assert previews
    for preview in previews:
        with Image.open(io.BytesIO(preview)) as picture:
            assert picture.format == "PNG"
    assert not any(progress.preview_png for progress in bench.said(Progress, "not shown"))


def test_an_image_to_image_job_starts_from_its_input(bench: Bench) -> None:
    side = (bench.side, bench.side)
    bench.send(
        bench.order("light", image_png=png((250, 250, 250), side), denoising_strength=0.5, deterministic=True),
        bench.order("dark", image_png=png((5, 5, 5), side), denoising_strength=0.5, deterministic=True),
        bench.order("again", image_png=png((5, 5, 5), side), denoising_strength=0.5, deterministic=True),
    )
    bench.serve()
    pixels = {drawn.job: drawn.pixels for drawn in bench.said(Drawn)}
    assert pixels["dark"] == pixels["again"]
    assert sum(pixels["light"]) > sum(pixels["dark"])


def test_the_shares_of_all_jobs_together_are_the_time_in_which_the_engine_was_busy(bench: Bench) -> None:
    """However they end: with pictures, cancelled midway, overdue, or as their own fault. Loading is nobody's."""
    bench.send(
        bench.order("short", steps=8),
        bench.order("long", steps=16, count=2),
        bench.order("other size", steps=8, width=2 * bench.side),
        bench.order("unwanted", steps=40),
        bench.order("late", steps=8, deadline_seconds=0.0),
    )
    bench.when(Finished, "short", lambda: bench.send(Cancel(job="unwanted", attempt=1)))
    bench.serve()
    assert bench.ends() == {
        "short": "Finished",
        "long": "Finished",
        "other size": "Finished",
        "unwanted": "Stopped",
        "late": "Failed",
    }
    charged = sum(end.engine_seconds for kind in (Finished, Failed, Stopped) for end in bench.said(kind))
    assert 0.8 * bench.busy_seconds <= charged <= bench.busy_seconds  # what is left is messages and bookkeeping
    assert all(end.engine_seconds > 0 for end in [*bench.said(Finished), *bench.said(Stopped)])


def test_pictures_that_share_forwards_are_charged_by_rows(bench: Bench) -> None:
    bench.send(bench.order("one", steps=4), bench.order("two", steps=4))
    bench.serve()
    one, two = bench.said(Finished)
    for end in (one, two):
        assert (end.forwards, end.forwards_share) == (4, 2.0)
        assert 0 < end.forward_seconds <= min(end.engine_seconds, end.drawing_seconds)
    assert one.forward_seconds == pytest.approx(two.forward_seconds, rel=0.01)


def test_progress_tells_what_a_job_has_cost_so_far(bench: Bench) -> None:
    bench.send(bench.order("a", steps=4))
    bench.serve()
    costs = [progress.engine_seconds for progress in bench.said(Progress, "a")]
    (end,) = bench.said(Finished)
    assert costs[0] > 0
    assert costs == sorted(costs)
    assert costs[-1] <= end.engine_seconds


def test_a_job_of_an_impossible_model_fails_and_its_neighbour_goes_on(bench: Bench) -> None:
    if bench.kind == "fake":
        bench.send(bench.order("bad", prompt="[fail-user]"), bench.order("good"))
    else:
        bench.send(draw("bad", model=bench.impossible_model()), bench.order("good"))
    bench.serve()
    assert bench.ends() == {"bad": "Failed", "good": "Finished"}


def test_a_job_for_which_memory_runs_out_is_drawn_by_itself_and_its_pictures_say_so(bench: Bench) -> None:
    """Its neighbours come out as if it had not been there."""
    tight, neighbours = bench.too_large_at_first()
    bench.send(tight, *neighbours)
    bench.serve()
    assert set(bench.ends().values()) == {"Finished"}
    (drawn,) = bench.said(Drawn, tight.job)
    assert drawn.facts["low_memory"] is True
    crowded = {each.job: each for each in bench.said(Drawn)}
    alone = bench.anew()
    alone.send(*neighbours)
    alone.serve()
    for each in alone.said(Drawn):
        assert "low_memory" not in crowded[each.job].facts
        assert crowded[each.job].pixels_sha256 == each.pixels_sha256


def test_a_job_that_never_fits_into_memory_fails_as_its_own_fault(bench: Bench) -> None:
    large, neighbours = bench.too_large_for_ever()
    bench.send(large, *neighbours)
    bench.serve()
    (failed,) = bench.said(Failed)
    assert (failed.job, failed.kind, failed.field) == (large.job, "user", "width")
    assert failed.hint is not None
    assert [bench.ends()[each.job] for each in neighbours] == ["Finished"] * len(neighbours)


def test_an_engine_that_is_told_to_stop_ends_and_says_nothing_more(bench: Bench) -> None:
    """That is how its memory is freed: with the process goes all it has, so nothing may keep it."""
    bench.send(bench.order("first"))
    bench.serve()
    assert bench.ends() == {"first": "Finished"}
    again = bench.anew()
    again.when(Progress, "dropped", lambda: again.send(Stop()))
    again.send(again.order("dropped", steps=10))
    again.serve(dropped=("dropped",))
    assert again.ends() == {}
    assert again.said(Drawn) == []


def test_the_time_in_which_it_worked_is_counted(bench: Bench) -> None:
    bench.send(bench.order("a"), bench.order("b"))
    bench.serve()
    counted = [pulse.busy_seconds for pulse in bench.said(Pulse)]
    assert counted == sorted(counted)
    assert 0 < sum(end.engine_seconds for end in bench.said(Finished)) <= counted[-1] + 1e-3
