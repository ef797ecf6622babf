"""What a job will cost, by what jobs before it cost; and what a job that is done teaches.

What is asked for is looked up by model, size and kind. Where nothing of that size was drawn yet, the other sizes of
the model tell by their pixels; where nothing by that model was, all models do; and where nothing was drawn at all,
:data:`MEGAPIXEL_STEP_SECONDS` is as good as anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from daemon.fairness.line import Line
from daemon.fairness.work import Work
from pipeline.request import Request
from storage.speeds import Learned, Lesson, Speed

MEGAPIXEL_STEP_SECONDS = 1.0
"""What is taken for a step of a megapixel before anything was drawn: about what the starter takes on two cores."""
KEEP = 0.95
"""What earlier jobs count at each new one: some twenty of them make up most of an estimate."""
SURPRISE = 4.0
"""A job that took so many times what was expected is believed only so much: the machine may have slept. Others that
follow it are believed all the sooner, and so is one that was so much quicker, for which there is no such excuse."""
KEEP_AFTER_SLOWER = 0.8
KEEP_AFTER_QUICKER = 0.3
FEW = 3.0
"""With fewer jobs before it whatever comes is believed."""

Asked = Request | Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What an engine says that a finished job took; see :class:`pipeline.messages.Finished`."""

    engine_seconds: float
    drawing_seconds: float
    forward_seconds: float
    forwards: int
    forwards_share: float


@dataclass(frozen=True, slots=True)
class Forward:
    """Seconds of one step of pictures that share their forwards: ``alone`` beforehand, and ``each`` for every one."""

    alone: float
    each: float

    def of(self, pictures: int) -> float:
        """Of so many pictures together."""
        return self.alone + self.each * pictures


@dataclass(frozen=True, slots=True)
class _Size:
    """What is known of one model, size and kind."""

    kind: str
    pixels: int
    n: float
    engine: Line
    drawing: Line
    forward: Line

    @classmethod
    def of(cls, speed: Speed) -> _Size:
        steps = (speed.n, speed.steps, speed.steps_squared)
        return cls(
            speed.kind,
            speed.width * speed.height,
            speed.n,
            Line.fitted(*steps, speed.engine, speed.engine_steps),
            Line.fitted(*steps, speed.drawing, speed.drawing_steps),
            Line.fitted(speed.n, speed.together, speed.together_squared, speed.forward, speed.forward_together),
        )


_Read = Callable[[_Size], float]


@dataclass(frozen=True, slots=True)
class Speeds:
    """All that was learnt, ready to be asked. A value: what is learnt later makes another one."""

    sizes: Mapping[tuple[str, int, int, str], _Size] = field(default_factory=dict)
    loads: Mapping[str, float] = field(default_factory=dict)
    by_model: Mapping[str, Sequence[_Size]] = field(default_factory=dict)

    @classmethod
    def of(cls, learned: Learned) -> Speeds:
        """From what is stored."""
        return cls._of({_place(each): _Size.of(each) for each in learned.speeds}, learned.loads)

    @classmethod
    def _of(cls, sizes: Mapping[tuple[str, int, int, str], _Size], loads: Mapping[str, float]) -> Speeds:
        by_model: defaultdict[str, list[_Size]] = defaultdict(list)
        for (model, *_), size in sizes.items():
            by_model[model].append(size)
        return cls(sizes, loads, dict(by_model))

    def and_now(self, speed: Speed) -> Speeds:
        """These, with what is known now of one size."""
        return self._of({**self.sizes, _place(speed): _Size.of(speed)}, self.loads)

    def and_load(self, model: str, seconds: float) -> Speeds:
        """These, with what is known now of the loading of a model."""
        return self._of(self.sizes, {**self.loads, model: seconds})

    def engine_seconds(self, asked: Asked) -> float:
        """What all its pictures will take of an engine: a share by rows of the passes they take part in."""
        work = _work(asked)
        return work.count * self._read(work, lambda size: size.engine.at(work.steps), max(work.steps, 1))

    def drawing_seconds(self, asked: Asked) -> float:
        """How long it will be drawn, among as many others as there were of late."""
        work = _work(asked)
        return work.count * self._read(work, lambda size: size.drawing.at(work.steps), max(work.steps, 1))

    def forward(self, asked: Asked) -> Forward:
        """What one step of a picture takes, by itself and together with others of its size."""
        work = _work(asked)
        alone = self._read(work, lambda size: size.forward.at_zero, 0.0)
        return Forward(alone, self._read(work, lambda size: size.forward.slope, 1.0))

    def beside_steps(self, asked: Asked) -> float:
        """Engine-seconds of one picture that are no steps: its words, its decoding."""
        return self._read(_work(asked), lambda size: size.engine.at_zero, 0.0)

    def load_seconds(self, model: str) -> float:
        """How long its loading will take: as it did before, or as others did; 0 before anything was loaded."""
        if model in self.loads:
            return self.loads[model]
        return sum(self.loads.values()) / len(self.loads) if self.loads else 0.0

    def seen(self, asked: Asked) -> float:
        """Jobs that the estimate rests on, the older the less: of its model, of whatever size."""
        return sum(size.n for size in self.by_model.get(_work(asked).model, ()))

    def lesson(self, asked: Asked, spent: Spent) -> Lesson | None:
        """What a job that went well teaches; None where it says nothing. What is far beyond what was expected counts
        as so much only."""
        work = _work(asked)
        if not (spent.engine_seconds > 0 and spent.forwards > 0 and spent.forwards_share > 0 and work.steps > 0):
            return None
        took, keep = self._believed(work, spent.engine_seconds)
        drawing, _ = self._believed(work, spent.drawing_seconds, self.drawing_seconds)
        believed = took / spent.engine_seconds
        # A sampler may make two forwards for a step: what is learnt is the time of a step.
        steps_share = spent.forwards_share * work.steps * work.count / spent.forwards
        return Lesson(
            model=work.model,
            width=work.width,
            height=work.height,
            kind=work.kind,
            steps=work.steps,
            engine_seconds=took / work.count,
            drawing_seconds=drawing / work.count,
            together=spent.forwards / spent.forwards_share,
            forward_seconds=spent.forward_seconds * believed / steps_share,
            keep=keep,
        )

    def _believed(
        self, work: Work, seconds: float, expect: Callable[[Work], float] | None = None
    ) -> tuple[float, float]:
        known = self.sizes.get((work.model, work.width, work.height, work.kind))
        expected = (expect or self.engine_seconds)(work)
        if known is not None and seconds < expected / SURPRISE:
            return seconds, KEEP_AFTER_QUICKER
        if seconds > SURPRISE * expected and (self.seen(work) if known is None else known.n) >= FEW:
            return SURPRISE * expected, KEEP_AFTER_SLOWER
        return seconds, KEEP

    def _read(self, work: Work, read: _Read, steps: float) -> float:
        exact = self.sizes.get((work.model, work.width, work.height, work.kind))
        if exact is not None:
            return read(exact)
        of_model = self.by_model.get(work.model)
        if of_model:
            alike = [size for size in of_model if size.kind == work.kind] or of_model
            pixels = work.width * work.height
            return Line.through((size.pixels, read(size), size.n) for size in alike).at(pixels)
        every = [size for sizes in self.by_model.values() for size in sizes]
        if every:
            return _mean((read(size) / size.pixels, size.n) for size in every) * work.width * work.height
        return MEGAPIXEL_STEP_SECONDS * work.megapixels * steps


def _place(speed: Speed) -> tuple[str, int, int, str]:
    return speed.model, speed.width, speed.height, speed.kind


def _work(asked: Asked) -> Work:
    return asked if isinstance(asked, Work) else Work.of(asked)


def _mean(weighted: Iterable[tuple[float, float]]) -> float:
    pairs = list(weighted)
    return sum(value * weight for value, weight in pairs) / sum(weight for _, weight in pairs)
