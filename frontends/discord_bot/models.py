"""The models at hand, in memory: suggestions must not wait for a file."""

from __future__ import annotations

from collections.abc import Sequence

from config.settings import Settings
from daemon.service import ModelEntry, Service


class ModelBoard:
    """Filled before the bot connects, and again now and then."""

    def __init__(self, settings: Settings, service: Service) -> None:
        self._default = settings.models.default
        self._service = service
        self.models: Sequence[ModelEntry] = ()

    async def refresh(self) -> bool:
        """Look at the registry; True when something has changed."""
        before, self.models = self.models, tuple(await self._service.models())
        return before != self.models

    def chosen(self, name: str | None = None) -> ModelEntry:
        """The model of that name, or the one that draws when none is named."""
        for wanted in (name, self._default):
            for each in self.models:
                if each.name == wanted:
                    return each
        return self.models[0]
