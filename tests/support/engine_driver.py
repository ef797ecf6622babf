"""A local engine in the test's own process, with what it sent sorted by job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from config.settings import EngineSettings
from pipeline.engine.jobs.picture import Picture
from pipeline.engine.loading import DENOISERS, LoadedModel
from pipeline.engine.local import LocalEngine
from pipeline.engine.step_batching.rendezvous import Seat
from pipeline.messages import Cancel, Draw, Drawn, Failed, Finished, ModelPlace, Stopped, Task, ToDaemon

T = TypeVar("T")


class Driver:
    """Orders, steps and looks."""

    def __init__(self, model: Path, clock: Callable[[], float] | None = None, **settings: Any) -> None:
        self.sent: list[ToDaemon] = []
        self.latents: dict[tuple[str, int], torch.Tensor] = {}
        """What went into each picture's decode, by job and index."""
        self.groups: list[list[str]] = []
        """The jobs of each pass, in order."""
        self.kinds: list[str] = []
        """What each pass was."""
        self.model = model
        wanted = EngineSettings(**{"device": "cpu", "dtype": "float32", "threads": 1, **settings})
        self.engine = LocalEngine(wanted, self.sent.append, **({"clock": clock} if clock else {}))
        self._serve = self.engine._serve
        self.engine._serve = self._watched  # type: ignore[method-assign]

    def _watched(self, group: list[Picture]) -> None:
        self.groups.append([picture.job.draw.job for picture in group])
        for picture in group:
            assert picture.call is not None
            if picture.finishing:
                self.latents[(picture.job.draw.job, picture.index)] = picture.call.named()["z"].clone()
        self.kinds.append(group[0].call.seat.kind.value if group[0].call else "")
        self._serve(group)

    def draw(self, job: str, *, model: Path | None = None, urgency: int = 1, **fields: Any) -> None:
        """Accept a job; ``fields`` are those of the task, and of :class:`Draw`."""
        path = model or self.model
        task: dict[str, Any] = {
            "prompt": "a red apple",
            "negative_prompt": "",
            "width": 64,
            "height": 64,
            "count": 1,
            "steps": 3,
            "guidance_scale": 4.0,
            "scheduler": "Euler",
            "seed": 1,
            "denoising_strength": None,
            "deterministic": False,
        }
        rest: dict[str, Any] = {"attempt": 1, "deadline_seconds": 1000.0}
        for name, value in fields.items():
            (task if name in task else rest)[name] = value
        place = ModelPlace(name=path.name, path=str(path), family="", sha256="0" * 64)
        self.engine.accept(Draw(job=job, task=Task(**task), model=place, urgency=urgency, **rest))

    def cancel(self, job: str, attempt: int = 1) -> None:
        """Accept a cancellation."""
        self.engine.accept(Cancel(job=job, attempt=attempt))

    def run(self, steps: int | None = None) -> None:
        """Step until there is no work, or so many times."""
        done = 0
        while (steps is None or done < steps) and self.engine.step():
            done += 1
            assert done < 10_000

    def alone(self, job: str, **fields: Any) -> Drawn:
        """Draw one job with nobody else there."""
        self.draw(job, **fields)
        self.run()
        return self.pictures(job)[0]

    def of(self, kind: type[T]) -> list[T]:
        """All messages of a type."""
        return [message for message in self.sent if isinstance(message, kind)]

    def pictures(self, job: str) -> list[Drawn]:
        """What was drawn for a job, by index."""
        assert not [each for each in self.of(Failed) if each.job == job], self.of(Failed)
        return sorted((each for each in self.of(Drawn) if each.job == job), key=lambda each: each.index)

    def ended(self, job: str) -> list[str]:
        """How a job ended: the names of its last messages."""
        return [type(m).__name__ for m in self.sent if isinstance(m, Finished | Failed | Stopped) and m.job == job]

    def failure(self, job: str) -> Failed:
        """The one failure of a job."""
        (failed,) = [each for each in self.of(Failed) if each.job == job]
        return failed


def seat_of(model: LoadedModel) -> Seat:
    """Where the calls of a model's denoiser meet."""
    pipe = next(iter(model.pipelines.values()))
    cells = next(
        pipe.components[name] for name in DENOISERS if pipe.components.get(name) is not None
    ).forward.__closure__
    return next(cell.cell_contents for cell in cells if isinstance(cell.cell_contents, Seat))


def limit_denoiser(model: LoadedModel, elements: int) -> list[int]:
    """Let its denoiser run out of memory, as on an accelerator, for latents of more elements. Those it computed."""
    seat = seat_of(model)
    real, computed = seat.run, list[int]()

    def limited(*args: Any, **kwargs: Any) -> Any:
        size = (args[0] if args else kwargs["sample"]).numel()
        if size > elements:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 12.00 GiB.")
        computed.append(size)
        return real(*args, **kwargs)

    object.__setattr__(seat, "run", limited)
    return computed


def relative_difference(a: torch.Tensor, b: torch.Tensor) -> float:
    """|a - b| / |b|."""
    return float((a.double() - b.double()).norm() / b.double().norm())


def levels_apart(a: Drawn, b: Drawn) -> int:
    """The largest difference of two pictures, in levels of 255."""
    one, other = (np.frombuffer(each.pixels, np.uint8).astype(int) for each in (a, b))
    return int(np.abs(one - other).max())
