"""Which models are in memory: the least recently used one that nobody draws with makes room."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from pipeline.engine import failures
from pipeline.engine.loading import LoadedModel, key_of
from pipeline.messages import ModelPlace

Key = tuple[str, str]


NARROW_SECONDS = 600.0
"""For so long no more models are held at once than memory had room for; then others may fit, or others have ended."""


class Residency:
    """The loaded models, at most ``limit`` of them. ``clock`` counts seconds."""

    def __init__(
        self, limit: int, load: Callable[[ModelPlace], LoadedModel], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = self._narrow = limit
        self._narrow_until = float("-inf")
        self._clock = clock
        self._load = load
        self._models: dict[Key, LoadedModel] = {}

    @property
    def latest(self) -> str | None:
        """Name of the model used last."""
        return next((model.place.name for model in reversed(self._models.values())), None)

    @property
    def _limit(self) -> int:
        """How many models may be in memory now."""
        return self._narrow if self._clock() < self._narrow_until else self._most

    def get(self, place: ModelPlace) -> LoadedModel | None:
        """The model if it is in memory; it becomes the most recently used."""
        model = self._models.pop(key_of(place), None)
        if model is not None:
            self._models[model.key] = model
        return model

    def has_room(self, in_use: Collection[Key]) -> bool:
        """Whether another model may be loaded while pictures are being drawn with these."""
        return len(self._models) < self._limit or any(key not in in_use for key in self._models)

    def holds_others(self, key: Key) -> bool:
        """Whether another model is in memory."""
        return any(other != key for other in self._models)

    def drop_idle(self, in_use: Collection[Key]) -> None:
        """Drop every model that nobody draws with."""
        for key in [key for key in self._models if key not in in_use]:
            del self._models[key]
        failures.release_memory()

    def no_more_than_now(self) -> None:
        """Memory ran out with these models in it: for a while another one has to wait until one of them is idle."""
        self._narrow = max(1, len(self._models))
        self._narrow_until = self._clock() + NARROW_SECONDS

    def load(self, place: ModelPlace, in_use: Collection[Key]) -> LoadedModel:
        """Load a model, first dropping idle ones to stay within the limit."""
        while len(self._models) >= self._limit:
            idle = next(key for key in self._models if key not in in_use)
            del self._models[idle]
            failures.release_memory()
        model = self._load(place)
        self._models[model.key] = model
        return model
