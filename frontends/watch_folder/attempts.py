"""What can't be done now is tried again, ever less often, and never dropped.

A scanner holds the file, the disk is full, the share is away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from config.errors import QuotaError, RetryableError
from frontends.watch_folder.problems import Problem

log = structlog.get_logger(__name__)

FIRST_MS = 1_000
LONGEST_MS = 60_000
FORGET_MS = 10 * LONGEST_MS
MAX_HELD = 10_000
"""Of more, the oldest are forgotten: they are tried again a little earlier."""

T = TypeVar("T")


@dataclass(slots=True)
class _Held:
    until: int
    delay: int
    problem: Problem


class Attempts:
    """Runs actions named by a key; one that failed in a passing way is held back for a while."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._held: dict[str, _Held] = {}

    async def attempt(self, key: str, now: int, action: Awaitable[T]) -> T | None:
        """The action's answer, or None when it has to be tried again."""
        try:
            answer = await action
        except QuotaError as error:
            self._hold(key, now, Problem(error.message, f"goes on by itself: {error.hint}"))
        except RetryableError as error:
            self._hold(key, now, Problem(error.message))
        except OSError as error:
            self._hold(key, now, Problem.of(error))
        except Exception:  # the boundary of one file: a defect that one brings out must not hold up the others
            log.exception("folder_attempt_broke", folder=self._folder, key=key.encode(errors="replace").decode())
            self._hold(key, now, Problem("an internal error, see the log"))
        else:
            self._held.pop(key, None)
            return answer
        return None

    def _hold(self, key: str, now: int, problem: Problem) -> None:
        before = self._held.pop(key, None)
        delay = min(before.delay * 2, LONGEST_MS) if before else FIRST_MS
        if len(self._held) >= MAX_HELD:
            del self._held[next(iter(self._held))]
        self._held[key] = _Held(now + delay, delay, problem)
        if before is None or before.problem != problem:
            said = key.encode(errors="replace").decode()
            log.warning("folder_attempt_failed", folder=self._folder, key=said, why=problem.why)

    def holds(self, key: str, now: int) -> bool:
        """True while the action of this name must wait."""
        held = self._held.get(key)
        return held is not None and now < held.until

    def next(self, now: int) -> int | None:
        """When the first of those that must wait may be tried again; any look tries those whose time has come."""
        for key in [key for key, held in self._held.items() if held.until + FORGET_MS < now]:
            del self._held[key]  # its file is gone: nobody tried again
        return min((held.until for held in self._held.values() if held.until > now), default=None)

    def forget(self, which: Callable[[str], bool]) -> None:
        """Hold these back no longer: they are gone, or go on under another name."""
        for key in filter(which, list(self._held)):
            del self._held[key]

    @property
    def held(self) -> dict[str, str]:
        """What is held back, with the reason."""
        return {key: held.problem.why for key, held in self._held.items()}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why things are held back, and how many for each reason."""
        counts = Counter(held.problem for held in self._held.values())
        return tuple(
            Problem(f"{problem.why} ({count} files wait)" if count > 1 else problem.why, problem.heals)
            for problem, count in counts.items()
        )
