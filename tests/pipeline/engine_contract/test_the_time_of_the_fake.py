"""What the engine without torch takes, on a clock that moves only while it draws or loads."""

from __future__ import annotations

import msgspec
import pytest
from support.draws import PLACE, draw

from pipeline.engine.fake import FakeEngine
from pipeline.messages import Draw, Finished, Loaded, ToDaemon

SQUARE = {"width": 1000, "height": 1000}  # a megapixel


class Timed:
    """A fake engine and its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[ToDaemon] = []
        self.engine = FakeEngine(
            self.said.append,
            step_seconds=1.0,
            megapixel_seconds=2.0,
            load_seconds=10.0,
            sleep=self._sleep,
            clock=lambda: self.now,
        )

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def serve(self, *draws: Draw) -> dict[str, Finished]:
        for each in draws:
            self.engine.accept(each)
        while self.engine.step():
            pass
        return {message.job: message for message in self.said if isinstance(message, Finished)}


def test_a_forward_takes_longer_with_each_megapixel_and_a_load_takes_its_time() -> None:
    timed = Timed()
    (end,) = timed.serve(draw("a", steps=4, **SQUARE)).values()
    assert timed.now == 10 + 4 * (1 + 2)
    assert (end.engine_seconds, end.forward_seconds, end.drawing_seconds) == (12, 12, 12)
    assert [message.seconds for message in timed.said if isinstance(message, Loaded)] == [10]


def test_the_shares_add_up_to_the_time_in_which_it_drew() -> None:
    timed = Timed()
    ends = timed.serve(*(draw(f"job {steps}", steps=steps, **SQUARE) for steps in (2, 3, 5)))
    seconds = [(1 + 3 * 2) * 2, 1 + 2 * 2, (1 + 2) * 2]  # of three together, of two, of one
    assert timed.now == 10 + sum(seconds)
    assert sum(end.engine_seconds for end in ends.values()) == pytest.approx(sum(seconds))
    assert ends["job 2"].engine_seconds == pytest.approx(seconds[0] / 3)
    assert ends["job 5"].drawing_seconds == pytest.approx(sum(seconds))


def test_another_model_is_loaded_once_nobody_needs_the_one_before_and_nobody_begins_meanwhile() -> None:
    other = msgspec.structs.replace(PLACE, name="other")
    timed = Timed()
    ends = timed.serve(
        draw("first", steps=4), draw("other", steps=2, model=other), draw("behind", steps=2), draw("last", model=other)
    )
    assert list(ends) == ["first", "other", "behind", "last"]
    loads = [message.model for message in timed.said if isinstance(message, Loaded)]
    assert loads == [PLACE.name, "other", PLACE.name, "other"]


def test_nobody_pays_for_the_time_in_which_there_was_nothing_to_draw() -> None:
    timed = Timed()
    timed.serve(draw("a", steps=4, **SQUARE))
    timed.now += 1000
    assert timed.serve(draw("b", steps=4, **SQUARE))["b"].engine_seconds == 12
