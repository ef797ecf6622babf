"""The loop around an engine: what is sent, when, and in which order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.draws import draw

from pipeline.engine import loop
from pipeline.engine.contract import Send
from pipeline.messages import Cancel, Draw, Finished, Pulse, Ready, Stop, ToDaemon


class Scripted:
    """Takes ``steps`` forwards for all jobs it has accepted, then ends them at once."""

    def __init__(self, send: Send, steps: int = 3, on_step: Callable[[Scripted], None] = lambda engine: None) -> None:
        self.send, self.left, self.on_step = send, steps, on_step
        self.accepted: list[Draw | Cancel] = []
        self.joined_at: list[int] = []
        self.forwards = 0
        self.open: list[str] = []

    def ready(self) -> Ready:
        return Ready(protocol=1, device="cpu", dtype="float32", capacity=8, versions={})

    def accept(self, message: Draw | Cancel) -> None:
        self.accepted.append(message)
        self.joined_at.append(self.forwards)
        if isinstance(message, Draw):
            self.open.append(message.job)

    def step(self) -> bool:
        if not self.open:
            return False
        self.on_step(self)
        self.forwards += 1
        if self.forwards % self.left == 0:
            for job in self.open:
                self.send(Finished(job=job, attempt=1, engine_seconds=0))
            self.open = []
        return bool(self.open)

    def pulse(self) -> Pulse:
        return Pulse(model="m", active=len(self.open), parked=0, forwards=self.forwards, steps=self.forwards)


def serve(
    inbox: loop.Inbox, clock: Callable[[], float] = lambda: 0.0, on_step: Callable[[Scripted], None] | None = None
) -> tuple[list[ToDaemon], Scripted]:
    """Run the loop until it stops by a Stop that is put behind the last forward."""
    said: list[ToDaemon] = []
    built: list[Scripted] = []

    def build(send: Send) -> Scripted:
        built.append(Scripted(send, on_step=on_step or (lambda engine: None)))
        return built[0]

    def send(message: ToDaemon) -> None:
        said.append(message)
        if isinstance(message, Pulse) and message.active == 0 and built[0].accepted:
            inbox.put([Stop()])

    loop.run(build, inbox, send, clock)
    return said, built[0]


def test_the_engine_says_ready_first() -> None:
    inbox: loop.Inbox = loop.Inbox()
    inbox.put([draw("a")])
    said, _ = serve(inbox)
    assert isinstance(said[0], Ready)


def test_jobs_that_came_in_one_piece_are_accepted_before_the_first_forward() -> None:
    inbox: loop.Inbox = loop.Inbox()
    inbox.put([draw(name) for name in "abcdefgh"])
    _, engine = serve(inbox)
    assert engine.joined_at == [0] * 8


def test_a_job_that_comes_during_a_forward_joins_the_next_one() -> None:
    inbox: loop.Inbox = loop.Inbox()
    inbox.put([draw("a")])

    def during_the_first(engine: Scripted) -> None:
        if engine.forwards == 0:
            inbox.put([draw("b")])

    _, engine = serve(inbox, on_step=during_the_first)
    assert engine.joined_at == [0, 1]


def test_whoever_sees_a_job_ended_has_seen_its_steps_counted() -> None:
    inbox: loop.Inbox = loop.Inbox()
    inbox.put([draw("a"), draw("b")])
    said, _ = serve(inbox)
    kinds = [type(message).__name__ for message in said]
    first_end = kinds.index("Finished")
    before = said[first_end - 1]
    assert isinstance(before, Pulse)
    assert before.forwards == 3
    assert kinds[first_end : first_end + 2] == ["Finished", "Finished"], (
        "one pulse is enough for jobs that end together"
    )


def test_an_engine_that_runs_out_of_work_says_so_at_once() -> None:
    inbox: loop.Inbox = loop.Inbox()
    inbox.put([draw("a")])
    said, _ = serve(inbox)
    last = said[-1]
    assert isinstance(last, Pulse)
    assert (last.active, last.forwards) == (0, 3)


@pytest.mark.parametrize(("seconds_a_forward", "pulses"), [(0.0, 1), (0.2, 2)])
def test_pulses_after_forwards_are_ten_a_second_at_most(seconds_a_forward: float, pulses: int) -> None:
    inbox: loop.Inbox = loop.Inbox()
    inbox.put([draw("a")])
    now = [0.0]

    def time_passes(engine: Scripted) -> None:
        now[0] += seconds_a_forward

    said, _ = serve(inbox, clock=lambda: now[0], on_step=time_passes)
    kinds = [type(message).__name__ for message in said]
    assert kinds[: kinds.index("Finished")].count("Pulse") - 1 == pulses


def test_an_idle_engine_gives_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "IDLE_PULSE_SECONDS", 0.01)
    inbox: loop.Inbox = loop.Inbox()
    said: list[ToDaemon] = []

    def send(message: ToDaemon) -> None:
        said.append(message)
        if len(said) == 4:
            inbox.put([Stop()])

    loop.run(Scripted, inbox, send)
    assert [type(message).__name__ for message in said] == ["Ready", "Pulse", "Pulse", "Pulse"]


def test_stop_is_obeyed_with_work_in_hand() -> None:
    inbox: loop.Inbox = loop.Inbox()
    inbox.put([draw("a"), Stop(), draw("b")])
    said: list[ToDaemon] = []
    loop.run(Scripted, inbox, said.append)
    assert [type(message).__name__ for message in said] == ["Ready"]


def test_what_the_engine_raises_passes_through() -> None:
    inbox: loop.Inbox = loop.Inbox()
    inbox.put([draw("a")])

    def fail(engine: Scripted) -> None:
        raise RuntimeError("the device is gone")

    with pytest.raises(RuntimeError, match="the device is gone"):
        serve(inbox, on_step=fail)
