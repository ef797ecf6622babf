"""Hosts that do not answer: each is asked by one delivery at a time, ever less often, until it answers again.

Otherwise the deliveries to one dead host, each of which waits for its whole time, would hold up those to all others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from frontends.webhooks.sending import NoAnswerError

FIRST_SECONDS, LONGEST_SECONDS = 1.0, 60.0
MOST_HOSTS = 1_000


@dataclass
class _Silent:
    until: float
    times: int = 1
    asked: bool = False


class Resting:
    """Which hosts did not answer the last time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._silent: dict[str, _Silent] = {}

    def seconds(self, place: str) -> float:
        """For how long the host is not to be asked; 0 when it may be."""
        known = self._silent.get(place)
        if known is None:
            return 0.0
        return max(0.0, known.until - self._clock(), FIRST_SECONDS if known.asked else 0.0)

    @contextmanager
    def asking(self, place: str) -> Iterator[None]:
        """Around one try; the block raises :class:`NoAnswerError` if the host does not answer."""
        known = self._silent.get(place)
        if known is not None:
            known.asked = True
        try:
            yield
        except NoAnswerError:
            self._note(place)
            raise
        else:
            self._silent.pop(place, None)
        finally:
            if known is not None:
                known.asked = False

    def places(self) -> list[str]:
        """Those that did not answer the last time."""
        return sorted(self._silent)

    def _note(self, place: str) -> None:
        known = self._silent.get(place)
        if known is None and len(self._silent) >= MOST_HOSTS:
            self._silent.clear()
        times = 1 if known is None else known.times + 1
        wait = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(times - 1, 30))
        self._silent[place] = _Silent(self._clock() + wait, times)
