"""Names to choose from: the right one among those of other subjects."""

from __future__ import annotations

import random
from dataclasses import dataclass

from pipeline.starter.training.evaluation.ranking import CHOICES
from pipeline.starter.training.scene import Scene
from pipeline.starter.training.subjects import Collection


@dataclass(frozen=True, slots=True)
class Names:
    """Of a collection; the same choices for the same seed."""

    collection: Collection
    seed: int = 0

    def of(self, scene: Scene) -> tuple[str, ...]:
        """The plain names of the subjects in a caption's order."""
        return tuple(self.collection.subjects[each].name for each in subjects_of(scene))

    def among(self, right: str, number: int) -> list[str]:
        """The right name first, then up to 49 others, for the judgement of this number."""
        others = sorted({each.name for each in self.collection.subjects} - {right})
        chosen = random.Random(f"{self.seed}:{number}").sample(others, min(CHOICES - 1, len(others)))
        return [right, *chosen]

    def prompt(self, scene: Scene) -> str:
        """A scene's caption with plain names and without tags, which may mean several subjects."""
        return scene.caption.about(*self.of(scene))


def subjects_of(scene: Scene) -> tuple[int, ...]:
    """Without repetition, in order."""
    return tuple(dict.fromkeys(thing.subject for thing in scene.things))
