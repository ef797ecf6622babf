"""How often a client may ask: per route, altogether, and wrongly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from support.fake_discord.clock import Clock

GLOBAL_PER_SECOND = 50
INVALID_ALLOWED = 10_000
INVALID_SECONDS = 600.0
USUAL: dict[str, tuple[int, float]] = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
    "GET /channels/{channel}/messages": (5, 1.0),
    "POST /webhooks/{application}/{token}": (5, 2.0),
    "PATCH /webhooks/{application}/{token}/messages/{message}": (5, 2.0),
    "POST /users/@me/channels": (10, 10.0),
}
"""Requests and seconds by route, near to what the service is seen to do; it does not publish its own."""


@dataclass
class Window:
    """What is left of one bucket until it is full again."""

    resets_at: float = 0.0
    used: int = 0


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, with the headers that every answer carries."""

    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    everywhere: bool = False
    banned: bool = False


class Limits:
    """Counts by the fake's clock."""

    def __init__(self, clock: Clock) -> None:
        self.routes = dict(USUAL)
        """By route: how many requests in how many seconds. Routes that are not named have no bucket."""
        self.global_per_second = GLOBAL_PER_SECOND
        self.invalid_allowed = INVALID_ALLOWED
        self.exceeded = 0
        """How often a client ran into a limit although it was told of it."""
        self._clock = clock
        self._windows: dict[tuple[str, str], Window] = {}
        self._lately: list[float] = []
        self._invalid: list[float] = []

    def loosen(self) -> None:
        """For tests that are about something else: no limits but the count of invalid requests."""
        self.routes.clear()
        self.global_per_second = 1_000_000

    @property
    def invalid(self) -> int:
        """Answers of 401, 403 and 429 within the last ten minutes."""
        now = self._clock.now()
        self._invalid = [at for at in self._invalid if now - at < INVALID_SECONDS]
        return len(self._invalid)

    def count_invalid(self) -> None:
        self._invalid.append(self._clock.now())

    def judge(self, route: str, major: str, *, counts_globally: bool) -> Verdict:
        """Count one request. ``major`` is what the bucket is kept apart by: a channel, a token."""
        now = self._clock.now()
        if self.invalid >= self.invalid_allowed:
            return Verdict(banned=True, wait=INVALID_SECONDS)
        if counts_globally:
            self._lately = [at for at in self._lately if now - at < 1.0]
            if len(self._lately) >= self.global_per_second:
                self.exceeded += 1
                return Verdict(wait=round(1.0 - (now - self._lately[0]) + 0.01, 3), everywhere=True)
            self._lately.append(now)
        if route not in self.routes:
            return Verdict()
        return self._bucket(route, major, now)

    def _bucket(self, route: str, major: str, now: float) -> Verdict:
        most, seconds = self.routes[route]
        window = self._windows.setdefault((route, major), Window())
        if now >= window.resets_at:
            window.resets_at, window.used = now + seconds, 0
        passes = window.used < most
        window.used += passes
        left = window.resets_at - now
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(most - window.used),
            "X-RateLimit-Reset": f"{window.resets_at:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }
        if passes:
            return Verdict(headers)
        self.exceeded += 1
        return Verdict(headers, wait=round(left, 3))
