"""An engine without torch behind the same messages: real pictures, real batching, and faults on command.

It draws eight pictures together, joins at the next forward, parks the less urgent, and counts forwards and steps as the
real engine does (N joint jobs take as many forwards as the longest has steps). A forward takes a set time, and a set
time more for each megapixel in it. One model is in memory: another is loaded, which takes a set time, once nobody who
has begun needs the one before, and until then nobody behind the first who waits for it begins.
``fake_commands`` tells which words in a prompt make it fail.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from pipeline.engine.contract import Send
from pipeline.engine.fake_commands import SLOW_FACTOR, commands, failure, misbehave, misload
from pipeline.engine.fake_pixels import draw_pixels, preview_png
from pipeline.engine.jobs.spent import Spent
from pipeline.messages import (
    ASIDE,
    PROTOCOL_VERSION,
    Cancel,
    Draw,
    Drawn,
    Failed,
    Finished,
    Loaded,
    Loading,
    Progress,
    Pulse,
    Rank,
    Ready,
    Stopped,
)

ROWS = 8

Merge = tuple[object, ...]


@dataclass(eq=False)
class _Job:
    draw: Draw
    arrival: int
    commands: frozenset[str]
    step: int = 0
    drawn: int = 0
    forwards: int = 0
    spent: Spent = field(default_factory=Spent)
    begun: bool = False
    cancelled: bool = False
    low_memory: bool = False
    urgency: int = field(init=False)
    merge: Merge = field(init=False)

    def __post_init__(self) -> None:
        self.urgency = self.draw.urgency
        task = self.draw.task
        shape = (self.draw.model.name, task.width, task.height)
        self.merge = (*shape, self.draw.job) if task.deterministic else shape

    @property
    def steps_a_picture(self) -> int:
        """As diffusers counts them: image to image runs its share of the schedule only."""
        task = self.draw.task
        if self.draw.image_png is None or task.denoising_strength is None:
            return task.steps
        return min(int(task.steps * task.denoising_strength), task.steps)

    @property
    def steps(self) -> int:
        return self.steps_a_picture * self.draw.task.count

    @property
    def rows(self) -> int:
        """Pictures of it that may share a forward: those that are not finished."""
        if self.draw.task.deterministic or self.low_memory or not self.steps_a_picture:
            return 1
        return -(-(self.steps - self.step) // self.steps_a_picture)


class FakeEngine:
    """See :mod:`pipeline.engine.contract` for what every engine promises."""

    def __init__(
        self,
        send: Send,
        *,
        step_seconds: float,
        megapixel_seconds: float = 0.0,
        load_seconds: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._step_seconds = step_seconds
        self._megapixel_seconds = megapixel_seconds
        self._load_seconds = load_seconds
        self._sleep = sleep
        self._clock = clock
        self._jobs: dict[tuple[str, int], _Job] = {}
        self._slots: list[_Job] = []
        """A job for each of its pictures that are being drawn."""
        self._batch: list[_Job] = []
        """Those of the last forward, each once."""
        self._turns: dict[Merge, int] = {}
        self._model: str | None = None
        self._arrivals = self._forwards = self._steps = 0
        self._busy = False
        self._counted_until = self._charged_until = 0.0

    def ready(self) -> Ready:
        """A fake device that likes eight jobs together."""
        return Ready(protocol=PROTOCOL_VERSION, device="fake", dtype="uint8", capacity=ROWS, versions={"fake": "1"})

    def accept(self, message: Draw | Cancel | Rank) -> None:
        """Note a job, a wish to end one, or another urgency."""
        name = (message.job, message.attempt)
        if isinstance(message, Draw):
            self._arrivals += 1
            self._jobs[name] = _Job(message, self._arrivals, commands(message))
        elif (job := self._jobs.get(name)) is None:
            return
        elif isinstance(message, Rank):
            job.urgency = message.urgency
        else:
            job.cancelled = True

    def step(self) -> bool:
        """One forward of the most urgent jobs that merge."""
        self._count_drawing_time()
        self._end_unwanted()
        if not self._jobs:
            self._slots, self._batch, self._turns = [], [], {}
            self._busy = False
            return False
        if not self._busy:
            self._charged_until = self._counted_until  # it was idle
        rows = self._choose()
        self._batch = list(dict.fromkeys(rows))
        self._load(self._batch[0])
        for job in self._batch:
            job.begun = True
        self._forward([job for job in rows if job.steps])
        for job in self._batch:
            self._go_on(job)
        self._busy = bool(self._jobs)
        return self._busy

    def pulse(self) -> Pulse:
        """Counters and the jobs in hand."""
        active = sum(self._name(job) in self._jobs for job in self._batch)
        begun = sum(job.step > 0 for job in self._jobs.values())
        parked = begun - sum(job.step > 0 and self._name(job) in self._jobs for job in self._batch)
        return Pulse(model=self._model, active=active, parked=parked, forwards=self._forwards, steps=self._steps)

    def _count_drawing_time(self) -> None:
        now = self._clock()
        for job in dict.fromkeys(self._slots):
            job.spent.drawing_seconds += now - self._counted_until
        self._counted_until = now

    def _end_unwanted(self) -> None:
        for name, job in list(self._jobs.items()):
            if job.cancelled:
                del self._jobs[name]
                self._send(Stopped(job=name[0], attempt=name[1], engine_seconds=job.spent.engine_seconds))
            elif job.spent.drawing_seconds >= job.draw.deadline_seconds:
                del self._jobs[name]
                self._send(
                    Failed(
                        job=name[0],
                        attempt=name[1],
                        kind="retryable",
                        message="the job took longer than it may",
                        engine_seconds=job.spent.engine_seconds,
                    )
                )

    def _choose(self) -> list[_Job]:
        """Eight pictures by urgency and age; of the groups of the most urgent that merge, the one whose turn is longest
        ago, and who merges with it."""
        ordered = sorted(self._jobs.values(), key=lambda job: (job.urgency, job.arrival))
        if ordered[0].low_memory:
            self._slots = ordered[:1]
            return self._slots
        self._slots = self._filled([job for job in ordered if not job.low_memory])
        urgent = [job.merge for job in self._slots if job.urgency == self._slots[0].urgency]
        turn = min(urgent, key=lambda merge: self._turns.get(merge, 0))
        self._turns[turn] = max(self._turns.values(), default=0) + 1
        return [job for job in self._slots if job.merge == turn]

    def _filled(self, ordered: list[_Job]) -> list[_Job]:
        """The first pictures that may be drawn now, of each job one before any second of its urgency. Who waits for
        another model keeps all behind from beginning."""
        needed = next((job.draw.model.name for job in ordered if job.begun), ordered[0].draw.model.name)
        waits = next((job.arrival for job in ordered if job.draw.model.name != needed), None)
        blocked = False
        found: list[tuple[tuple[int, bool, int], _Job]] = []
        for job in ordered:
            blocked = blocked or job.arrival == waits
            if job.begun or not blocked:
                found += [((job.urgency, row > 0, job.arrival), job) for row in range(job.rows)]
        found.sort(key=lambda row: row[0])
        first = found[0][1].urgency
        return [job for _, job in found if not first < ASIDE <= job.urgency][:ROWS]

    def _load(self, job: _Job) -> None:
        model = job.draw.model.name
        if model != self._model:
            self._send(Loading(model=model))
            misload(job.commands)
            self._sleep(self._load_seconds)
            self._model = model
            self._send(Loaded(model=model, seconds=self._load_seconds))
            # Nobody was drawn meanwhile, and nobody pays for it.
            self._counted_until = self._charged_until = self._clock()

    def _forward(self, rows: list[_Job]) -> None:
        """The pass itself: time goes by, counters move, and what was commanded happens."""
        if not rows:
            return
        jobs = dict.fromkeys(rows)
        for job in jobs:
            if job.forwards == min(1, job.steps_a_picture - 1):
                misbehave(job.commands)
            job.forwards += 1
        task = rows[0].draw.task
        seconds = self._step_seconds + self._megapixel_seconds * len(rows) * task.width * task.height / 1e6
        self._sleep(seconds * (SLOW_FACTOR if any("slow" in job.commands for job in rows) else 1))
        took = self._uncharged()
        self._forwards += 1
        self._steps += len(rows)
        for job in rows:
            job.step += 1
            job.spent.charge_forward(took, 1 / len(rows))

    def _uncharged(self) -> float:
        now = self._clock()
        seconds, self._charged_until = now - self._charged_until, now
        return seconds

    def _go_on(self, job: _Job) -> None:
        """Report a job's step, the pictures it completes, and its end."""
        name = self._name(job)
        second = job.forwards >= min(2, job.steps_a_picture)
        if second and job.commands & {"tight", "oom"} and not job.low_memory:
            job.low_memory, job.step = True, job.drawn * job.steps_a_picture  # once more, by itself
            job.forwards = 0
            return
        failed = failure(job.draw, job.commands) if second else None
        if failed is not None:
            del self._jobs[name]
            self._send(msgspec.structs.replace(failed, engine_seconds=job.spent.engine_seconds))
            return
        if job.step:
            shown = preview_png(job.draw, job.step) if job.draw.previews else None
            self._send(
                Progress(
                    job=name[0],
                    attempt=name[1],
                    step=job.step,
                    steps=job.steps,
                    preview_png=shown,
                    engine_seconds=job.spent.engine_seconds,
                )
            )
        while job.drawn < job.draw.task.count and job.step >= (job.drawn + 1) * job.steps_a_picture:
            picture = self._picture(job)
            job.spent.charge(self._uncharged())
            self._send(picture)
            job.drawn += 1
        if job.drawn == job.draw.task.count:
            del self._jobs[name]
            self._finished(job)

    def _finished(self, job: _Job) -> None:
        self._count_drawing_time()
        spent = job.spent
        self._send(
            Finished(
                job=job.draw.job,
                attempt=job.draw.attempt,
                engine_seconds=spent.engine_seconds,
                drawing_seconds=spent.drawing_seconds,
                forward_seconds=spent.forward_seconds,
                forwards=spent.forwards,
                forwards_share=spent.forwards_share,
            )
        )

    def _picture(self, job: _Job) -> Drawn:
        task = job.draw.task
        seed = (task.seed + job.drawn) % 2**32
        pixels = draw_pixels(job.draw, seed)
        digest = hashlib.sha256(pixels).hexdigest()
        if "corrupt" in job.commands:
            pixels = bytes([pixels[0] ^ 1]) + pixels[1:]
        if "short" in job.commands:
            pixels = pixels[:-3]
        return Drawn(
            job=job.draw.job,
            attempt=job.draw.attempt,
            index=job.drawn,
            seed=seed,
            width=task.width,
            height=task.height,
            pixels=pixels,
            pixels_sha256=digest,
            facts={
                "engine": "fake",
                "device": "fake",
                "dtype": "uint8",
                "scheduler_class": task.scheduler,
                **({"low_memory": True} if job.low_memory else {}),
            },
        )

    @staticmethod
    def _name(job: _Job) -> tuple[str, int]:
        return job.draw.job, job.draw.attempt
