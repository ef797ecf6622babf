"""A job as the engine knows it: what the daemon asked for, and how far its pictures are."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.engine.jobs.picture import Picture
from pipeline.engine.jobs.spent import Spent
from pipeline.messages import Draw, Progress


@dataclass(eq=False, slots=True)
class Job:
    """One accepted :class:`Draw`."""

    draw: Draw
    number: int
    """Order of arrival."""
    urgency: int = field(init=False)
    """Lower goes first; as the daemon said last."""
    pictures: list[Picture] = field(default_factory=list)
    """Those not finished yet, in order."""
    cancelled: bool = False
    low_memory: bool = False
    """Memory ran out for it: it is drawn by itself, in parts."""
    steps_finished: int = 0
    """Steps of the pictures that are finished."""
    spent: Spent = field(default_factory=Spent)
    told: int = -1
    """The step that was reported last."""

    def __post_init__(self) -> None:
        self.urgency = self.draw.urgency

    @property
    def key(self) -> tuple[str, int]:
        """``(job, attempt)``."""
        return (self.draw.job, self.draw.attempt)

    def finish(self, picture: Picture) -> None:
        """Take a finished picture off the list."""
        self.pictures.remove(picture)
        self.steps_finished += picture.step

    def progress(self) -> Progress | None:
        """What to tell, if a step was made since the last time."""
        step = self.steps_finished + sum(picture.step for picture in self.pictures)
        if step == self.told or step == 0:
            return None
        self.told = step
        steps = self.steps_finished + sum(picture.steps for picture in self.pictures)
        return Progress(
            job=self.draw.job,
            attempt=self.draw.attempt,
            step=step,
            steps=steps,
            preview_png=self._preview(),
            engine_seconds=self.spent.engine_seconds,
        )

    def _preview(self) -> bytes | None:
        for picture in self.pictures:
            preview = picture.take_preview()
            if preview is not None:
                return preview
        return None
