"""What the engine without torch counts as drawing time."""

from __future__ import annotations

from support.draws import draw

from pipeline.engine.fake import ROWS, FakeEngine
from pipeline.messages import Failed, Finished, ToDaemon


def test_only_the_time_in_which_a_job_is_drawn_counts_for_its_deadline() -> None:
    now, sent = [0.0], list[ToDaemon]()

    def sleep(seconds: float) -> None:
        now[0] += seconds

    engine = FakeEngine(sent.append, step_seconds=1.0, sleep=sleep, clock=lambda: now[0])
    engine.accept(draw("parked", urgency=3, steps=8, deadline_seconds=10.0))
    engine.accept(draw("endless", urgency=3, steps=20, deadline_seconds=10.0))
    engine.step()
    for number in range(ROWS):
        engine.accept(draw(f"urgent {number}", urgency=0, steps=30))
    while engine.step():
        pass
    assert [message.job for message in sent if isinstance(message, Failed)] == ["endless"]
    assert {message.job for message in sent if isinstance(message, Finished)} >= {"parked"}
