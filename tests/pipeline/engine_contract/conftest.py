"""Each engine behind the loop, in this process: what is said to it and what it says, in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support.draws import PLACE, draw

from config.settings import EngineSettings
from pipeline.engine import loop
from pipeline.engine.contract import Build, Engine, Send
from pipeline.messages import Draw, Failed, Finished, Loaded, ModelPlace, Pulse, Stop, Stopped, ToDaemon, ToEngine

M = TypeVar("M")


class Bench:
    """Serves until every order has ended and the engine has said that it is idle."""

    def __init__(self, kind: str, build: Build, place: ModelPlace, *, rows: int, side: int) -> None:
        self.kind, self.rows, self.side, self.steps = kind, rows, side, 3
        self.heard: list[ToDaemon] = []
        self.busy_seconds = 0.0
        self._ended: float | None = None
        self._build, self._place = build, place
        self._inbox: loop.Inbox = loop.Inbox()
        self._open: set[tuple[str, int]] = set()
        self._reactions: list[tuple[type[ToDaemon], str, Callable[[], None]]] = []

    def anew(self) -> Bench:
        """The same with a fresh engine."""
        return Bench(self.kind, self._build, self._place, rows=self.rows, side=self.side)

    def order(self, job: str, **fields: Any) -> Draw:
        defaults = {"model": self._place, "width": self.side, "height": self.side, "steps": self.steps}
        return draw(job, **{**defaults, **fields})

    def too_large_at_first(self) -> tuple[Draw, list[Draw]]:
        """A job that fits into memory when it is drawn by itself and in parts, and neighbours that always do."""
        if self.kind == "fake":
            return self.order("large", prompt="[tight]"), self._neighbours()
        self._memory(4 * (2 * self.side // 8) ** 2)
        return self.order("large", width=2 * self.side, height=2 * self.side), self._neighbours()

    def too_large_for_ever(self) -> tuple[Draw, list[Draw]]:
        """A job that never fits, and neighbours."""
        if self.kind == "fake":
            return self.order("large", prompt="[oom]"), self._neighbours()
        self._memory(4 * (self.side // 8) ** 2 * 2)
        return self.order("large", width=4 * self.side, height=4 * self.side), self._neighbours()

    def _neighbours(self) -> list[Draw]:
        return [self.order(f"neighbour {number}", seed=number, deterministic=True) for number in range(2)]

    def _memory(self, elements: int) -> None:
        """The denoiser gets no more memory than for latents of so many elements."""
        from support.engine_driver import limit_denoiser  # torch comes with it

        build = self._build

        def small(send: Send) -> Engine:
            engine = build(send)
            load = engine._residency._load  # type: ignore[attr-defined]

            def limited(place: ModelPlace) -> Any:
                model = load(place)
                limit_denoiser(model, elements)
                return model

            engine._residency._load = limited  # type: ignore[attr-defined]
            return engine

        self._build = small

    def impossible_model(self) -> ModelPlace:
        return ModelPlace(name="gone", path="/nowhere", family="sd", sha256="0" * 64)

    def send(self, *messages: ToEngine) -> None:
        """Put messages into the inbox in one piece."""
        self._open |= {(message.job, message.attempt) for message in messages if isinstance(message, Draw)}
        self._inbox.put(list(messages))

    def when(self, kind: type[Any], job: str, react: Callable[[], None]) -> None:
        """React once, at the first message of that kind about that job."""
        self._reactions.append((kind, job, react))

    def serve(self, dropped: tuple[str, ...] = ()) -> None:
        """``dropped`` are the jobs that may be left open."""
        loop.run(self._timed, self._inbox, self._hear)
        assert {job for job, _ in self._open} == set(dropped)

    def _timed(self, send: Send) -> Engine:
        """The engine, with its steps timed from outside, the loading of models apart."""
        engine = self._build(send)
        step = engine.step

        def timed() -> bool:
            now, loads = time.monotonic(), len(self.said(Loaded))
            began = now if self._ended is None else self._ended
            more = step()
            ended = time.monotonic()
            self._ended = ended if more else None  # what goes by between two steps with work in hand counts as well
            self.busy_seconds += ended - began - sum(each.seconds for each in self.said(Loaded)[loads:])
            return more

        engine.step = timed  # type: ignore[method-assign]
        return engine

    def _hear(self, message: ToDaemon) -> None:
        self.heard.append(message)
        for reaction in list(self._reactions):
            kind, job, react = reaction
            if isinstance(message, kind) and getattr(message, "job", None) == job:
                self._reactions.remove(reaction)
                react()
        if isinstance(message, Finished | Failed | Stopped):
            self._open.remove((message.job, message.attempt))
        if isinstance(message, Pulse) and not self._open and message.active == 0:
            self._inbox.put([Stop()])

    def said(self, kind: type[M], job: str | None = None) -> list[M]:
        """All messages of that kind (about that job), oldest first."""
        return [each for each in self.heard if isinstance(each, kind) and job in (None, getattr(each, "job", None))]

    def ends(self) -> dict[str, str]:
        """How each job ended, in the order of their ends."""
        return {each.job: type(each).__name__ for each in self.heard if isinstance(each, Finished | Failed | Stopped)}

    def last_pulse(self) -> Pulse:
        return self.said(Pulse)[-1]


def _fake(tmp_path: Path) -> Bench:
    from pipeline.engine.fake import ROWS, FakeEngine

    return Bench("fake", lambda send: FakeEngine(send, step_seconds=0.001), PLACE, rows=ROWS, side=64)


def _local(tmp_path: Path) -> Bench:
    from pipeline.engine.local import LocalEngine
    from pipeline.models.registry import Registry, place

    settings = EngineSettings(device="cpu", dtype="float32", max_batch=4, threads=1)

    def build(send: Send) -> Engine:
        return LocalEngine(settings, send)

    starter = place(Registry(tmp_path / "models.json").get("starter"))
    return Bench("local", build, starter, rows=4, side=64)


LIBRARIES_MAY_WARN = pytest.mark.filterwarnings("default")


@pytest.fixture(
    params=["fake", pytest.param("local", marks=[pytest.mark.engine, pytest.mark.slow, LIBRARIES_MAY_WARN])]
)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return _fake(tmp_path) if request.param == "fake" else _local(tmp_path)
