"""What jobs before it say of a job, through the tables that remember them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.queue_driver import QueueDriver

from daemon.fairness.estimates import MEGAPIXEL_STEP_SECONDS, Speeds, Spent
from daemon.fairness.line import Line
from daemon.fairness.work import Work
from pipeline.request import Request
from storage import speeds as stored


def work(steps: int = 20, side: int = 512, *, model: str = "a", count: int = 1, kind: str = "text") -> Work:
    return Work(model=model, width=side, height=side, kind=kind, steps=steps, count=count)


def truth(asked: Work) -> float:
    """Half a second beside the steps, and 2 s for each megapixel-step."""
    return asked.count * (0.5 + 2.0 * asked.megapixels * asked.steps)


class Memory:
    """The tables, and what is made of them."""

    def __init__(self, driver: QueueDriver) -> None:
        self.driver = driver
        self.speeds = Speeds()

    def learn(self, asked: Work, seconds: float | None = None, *, together: int = 1, forward: float = 0.0) -> None:
        """A job of that work took so long, among as many others; ``forward`` is the time of one forward of all."""
        forwards = asked.steps * asked.count
        taken = truth(asked) if seconds is None else seconds
        spent = Spent(
            engine_seconds=taken,
            drawing_seconds=taken * together,
            forward_seconds=forward * forwards / together if forward else taken,
            forwards=forwards,
            forwards_share=forwards / together,
        )
        lesson = self.speeds.lesson(asked, spent)
        assert lesson is not None
        self.driver.now += 1000
        self.speeds = self.speeds.and_now(self.driver.write(stored.learn, lesson, now=self.driver.now))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    driver = QueueDriver(tmp_path)
    yield Memory(driver)
    driver.close()


def test_what_is_known_in_memory_is_what_is_stored(memory: Memory) -> None:
    for steps in (4, 20, 30):
        memory.learn(work(steps))
        memory.learn(work(steps, 256, kind="image"))
    memory.speeds = memory.speeds.and_load("a", memory.driver.write(stored.learn_load, "a", 3.0, now=1))
    assert Speeds.of(memory.driver.read(stored.read)) == memory.speeds


def test_two_lengths_tell_all_others(memory: Memory) -> None:
    for _ in range(5):
        memory.learn(work(10))
        memory.learn(work(30))
    for asked in (work(1), work(20), work(150), work(20, count=4)):
        assert memory.speeds.engine_seconds(asked) == pytest.approx(truth(asked), rel=0.1)


def test_one_length_tells_others_in_proportion(memory: Memory) -> None:
    memory.learn(work(20))
    assert memory.speeds.engine_seconds(work(40)) == pytest.approx(2 * truth(work(20)))


def test_another_size_is_told_by_its_pixels(memory: Memory) -> None:
    for _ in range(5):
        for side in (256, 512):
            memory.learn(work(10, side))
            memory.learn(work(30, side))
    assert memory.speeds.engine_seconds(work(20, 1024)) == pytest.approx(truth(work(20, 1024)), rel=0.1)


def test_another_model_is_told_by_all_there_are(memory: Memory) -> None:
    for _ in range(5):
        memory.learn(work())
    assert memory.speeds.engine_seconds(work(model="b")) == pytest.approx(truth(work()), rel=0.05)
    assert memory.speeds.seen(work(model="b")) == 0


def test_before_anything_is_known_there_is_a_stated_guess() -> None:
    asked = work(10, 1000, count=3)
    assert Speeds().engine_seconds(asked) == Speeds().drawing_seconds(asked) == 30 * MEGAPIXEL_STEP_SECONDS
    assert Speeds().load_seconds("a") == 0
    assert Speeds().seen(asked) == 0


def test_image_to_image_is_another_kind_and_runs_its_share_of_the_steps(memory: Memory) -> None:
    for _ in range(3):
        memory.learn(work(20))
        memory.learn(work(20, kind="image"), 3 * truth(work(20)))
    assert memory.speeds.engine_seconds(work(20)) == pytest.approx(truth(work(20)), rel=0.05)
    assert memory.speeds.engine_seconds(work(20, kind="image")) == pytest.approx(3 * truth(work(20)), rel=0.05)
    request = Request(
        prompt="a", model="a", width=64, height=72, steps=10, image="0" * 64, denoising_strength=0.55, count=2
    )
    assert Work.of(request) == Work("a", 64, 72, "image", 5, 2)


def test_one_absurd_job_spoils_nothing(memory: Memory) -> None:
    for _ in range(20):
        memory.learn(work())
    memory.learn(work(), 1000 * truth(work()))
    assert memory.speeds.engine_seconds(work()) < 1.5 * truth(work())
    assert memory.speeds.drawing_seconds(work()) < 1.5 * truth(work())


def test_an_absurd_first_job_is_forgotten_soon(memory: Memory) -> None:
    memory.learn(work(), 1000 * truth(work()))
    for _ in range(8):
        memory.learn(work())
    assert memory.speeds.engine_seconds(work()) < 2 * truth(work())


@pytest.mark.parametrize("factor", [0.02, 0.5, 2, 50])
def test_a_machine_that_is_another_one_now_is_learnt_within_some_jobs(memory: Memory, factor: float) -> None:
    for _ in range(30):
        memory.learn(work())
    for _ in range(30):
        memory.learn(work(), factor * truth(work()))
    assert memory.speeds.engine_seconds(work()) == pytest.approx(factor * truth(work()), rel=0.3)


def test_what_sharing_a_forward_saves_is_learnt(memory: Memory) -> None:
    """A forward takes 1 s, and 0.25 s more for each picture in it."""
    for together in (1, 2, 4, 8) * 4:
        forward = 1 + 0.25 * together
        memory.learn(work(20), 20 * forward / together, together=together, forward=forward)
    one_step = memory.speeds.forward(work(20))
    assert one_step.of(1) == pytest.approx(1.25, rel=0.1)
    assert one_step.of(8) == pytest.approx(3.0, rel=0.1)


def test_who_was_never_drawn_together_is_not_said_to_gain_by_it(memory: Memory) -> None:
    for _ in range(5):
        memory.learn(work(20))
    one_step = memory.speeds.forward(work(20))
    assert one_step.of(4) == pytest.approx(4 * one_step.of(1))


def test_a_job_without_steps_teaches_nothing() -> None:
    nothing = Spent(engine_seconds=0.1, drawing_seconds=0.1, forward_seconds=0, forwards=0, forwards_share=0)
    assert Speeds().lesson(work(0, kind="image"), nothing) is None


def test_a_load_takes_what_it_took_before_or_what_others_took(memory: Memory) -> None:
    for seconds in (10.0, 4.0, 4.0, 4.0):
        memory.driver.write(stored.learn_load, "a", seconds, now=1)
    found = Speeds.of(memory.driver.read(stored.read))
    assert 4 < found.load_seconds("a") < 6
    assert found.load_seconds("never") == found.load_seconds("a")


POINTS = st.lists(st.tuples(st.integers(0, 150), st.floats(0, 1e6)), min_size=1, max_size=30)


@given(POINTS)
def test_no_line_goes_below_zero_or_down(points: list[tuple[int, float]]) -> None:
    line = Line.through((x, y, 1.0) for x, y in points)
    assert line.at_zero >= 0
    assert line.slope >= 0
    assert line.at(150) <= 200 * max(y for _, y in points) + 1e-6
