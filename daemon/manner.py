"""How a daemon runs: as the service, for one command, or once over the watched folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frontends.watch_folder import Summary


@dataclass(frozen=True)
class Manner:
    """The service's, unless said otherwise."""

    private: bool = False
    """It serves one command: it watches no folder and stops when its standard input closes."""
    draws: bool = True
    """Otherwise it only keeps the store: it starts no engine and no job."""
    once: Callable[[Summary], None] | None = None
    """It ends by itself when all that lay in the watched folders is carried out, and tells what came of it."""
