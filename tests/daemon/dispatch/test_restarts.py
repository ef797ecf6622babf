"""The wait before an engine is started again."""

from __future__ import annotations

from daemon.dispatch.restarts import Restarts


def test_the_wait_doubles_while_nothing_is_finished_up_to_a_bound() -> None:
    restarts = Restarts(0.2)
    waits = [restarts.next_wait() for _ in range(30)]
    assert waits[:4] == [0.2, 0.4, 0.8, 1.6]
    assert waits[-1] == 30.0


def test_an_engine_that_finished_something_is_started_again_soon() -> None:
    restarts = Restarts(0.2)
    for _ in range(5):
        restarts.next_wait()
    restarts.finished_something()
    assert restarts.next_wait() == 0.2


def test_no_wait_stays_no_wait() -> None:
    restarts = Restarts(0.0)
    assert [restarts.next_wait() for _ in range(3)] == [0.0, 0.0, 0.0]
