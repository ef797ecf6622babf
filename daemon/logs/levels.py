"""How much is logged of which module: the nearest name that was set decides, else the level of all."""

from __future__ import annotations

import logging
from collections.abc import Mapping

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
QUIET = {"apscheduler": "warning", "uvicorn": "warning", "alembic": "warning", "asyncio": "warning"}
"""Libraries that tell more than an operator wants to know, unless asked."""


class Levels:
    """``by_module`` names modules of ours and loggers of libraries, each with all below it."""

    def __init__(self, level: str, by_module: Mapping[str, str]) -> None:
        self._own = LEVELS[level]
        self._libraries = max(self._own, logging.INFO)  # their debugging is for those who ask for it by name
        self._by_module = {name: LEVELS[each] for name, each in {**QUIET, **by_module}.items()}

    @property
    def lowest(self) -> int:
        """Nothing below this is logged by anybody."""
        return min(self._own, *self._by_module.values())

    def wants(self, name: str, level: int) -> bool:
        """Whether a line of our module ``name`` is logged."""
        return level >= self._of(name, self._own)

    def wants_of_library(self, name: str, level: int) -> bool:
        """Whether a line of a library's logger is logged."""
        return level >= self._of(name, self._libraries)

    def _of(self, name: str, otherwise: int) -> int:
        while name:
            if name in self._by_module:
                return self._by_module[name]
            name = name.rpartition(".")[0]
        return otherwise
