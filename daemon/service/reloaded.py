"""What came of reading the settings anew."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reloaded:
    """Keys as the configuration file writes them, a list of tables as one."""

    changed: tuple[str, ...]
    """In force now."""
    at_restart: tuple[str, ...]
    """Differ from what the daemon runs with, and take effect when it is started again."""
