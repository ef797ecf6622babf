"""Several callers at once, each with a connection of its own that stays open."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from support.live_daemon import LiveDaemon


@dataclass(frozen=True)
class Produced:
    """What came of it: the ids that were acknowledged, by key, and how long that took."""

    ids: dict[str, str]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.ids) / self.seconds


def produce(daemon: LiveDaemon, jobs: int, producers: int = 8, **fields: object) -> Produced:
    """Submit ``jobs`` small jobs under keys ``0`` to ``jobs - 1`` from ``producers`` connections."""

    def one(first: int) -> dict[str, str]:
        taken = {}
        with daemon.connection() as connection:
            for number in range(first, jobs, producers):
                body = {"prompt": f"number {number}", "key": str(number), "width": 64, "height": 64, "steps": 1}
                status, answer = connection.call("POST", "/v1/jobs", {**body, **fields})
                assert status in (200, 201), answer
                taken[str(number)] = str(answer["id"])
        return taken

    began = time.monotonic()
    with ThreadPoolExecutor(producers) as pool:
        pieces = list(pool.map(one, range(producers)))
    return Produced({key: name for piece in pieces for key, name in piece.items()}, time.monotonic() - began)
