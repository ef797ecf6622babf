"""What differs between two settings, and which of it a running daemon can take over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar

from pydantic import BaseModel

from config import keys
from config.settings import Settings

M = TypeVar("M", bound=BaseModel)

LIVE = (
    "queue.",
    "fairness.",
    "models.",
    "watch_folder.",
    "schedules.",
    "limits.",
    "log.",
    "delivery.",
    "webhooks.",
    "discord.",
    "retention.",
    "metrics.",
    "quotas.",
    "stop.",
    "storage.min_free_bytes",
    "engine.previews",
    "engine.stall_seconds",
)
"""Keys, and beginnings of keys, that are read whenever they are needed; the others are built in at start."""


@dataclass(frozen=True, slots=True)
class Change:
    """From one settings to another, as far as that goes without a restart."""

    settings: Settings
    """The new ones, with the old value wherever that needs a restart."""
    now: tuple[str, ...]
    """Keys that differ and take effect at once."""
    at_restart: tuple[str, ...]
    """Keys that differ and wait for a restart."""


def between(running: Settings, wanted: Settings) -> Change:
    """The way from ``running`` towards ``wanted``."""
    differing = [key for key in _keys() if _value(running, key) != _value(wanted, key)]
    now = tuple(key for key in differing if key.startswith(LIVE))
    for key in now:
        running = _with(running, key, _value(wanted, key))
    return Change(running, now, tuple(key for key in differing if key not in now))


def _keys() -> list[str]:
    """Every key, a list of tables as one."""
    single = [key for key in keys.every() if not any(key.startswith(f"{table}.") for table in keys.TABLES)]
    return [*single, *keys.TABLES]


def _with(model: M, key: str, value: Any) -> M:
    name, _, below = key.partition(".")
    return model.model_copy(update={name: _with(getattr(model, name), below, value) if below else value})


def _value(settings: Settings, key: str) -> Any:
    return reduce(getattr, key.split("."), settings)
