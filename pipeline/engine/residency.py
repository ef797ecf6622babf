"""Which models are in memory: the least recently used one that nobody draws with makes room."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pipeline.engine import failures
from pipeline.engine.loading import LoadedModel, key_of
from pipeline.messages import ModelPlace

Key = tuple[str, str]


class Residency:
    """The loaded models, at most ``limit`` of them."""

    def __init__(self, limit: int, load: Callable[[ModelPlace], LoadedModel]) -> None:
        self._limit = limit
        self._load = load
        self._models: dict[Key, LoadedModel] = {}

    @property
    def latest(self) -> str | None:
        """Name of the model used last."""
        return next((model.place.name for model in reversed(self._models.values())), None)

    def get(self, place: ModelPlace) -> LoadedModel | None:
        """The model if it is in memory; it becomes the most recently used."""
        model = self._models.pop(key_of(place), None)
        if model is not None:
            self._models[model.key] = model
        return model

    def has_room(self, in_use: Collection[Key]) -> bool:
        """Whether another model may be loaded while pictures are being drawn with these."""
        return len(self._models) < self._limit or any(key not in in_use for key in self._models)

    def drop_idle(self, in_use: Collection[Key]) -> None:
        """Drop every model that nobody draws with."""
        for key in [key for key in self._models if key not in in_use]:
            del self._models[key]
        failures.release_memory()

    def no_more_than_now(self) -> None:
        """Memory ran out with these models in it: another one has to wait until one of them is idle."""
        self._limit = max(1, len(self._models))

    def load(self, place: ModelPlace, in_use: Collection[Key]) -> LoadedModel:
        """Load a model, first dropping idle ones to stay within the limit."""
        while len(self._models) >= self._limit:
            idle = next(key for key in self._models if key not in in_use)
            del self._models[idle]
            failures.release_memory()
        model = self._load(place)
        self._models[model.key] = model
        return model
