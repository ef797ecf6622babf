"""Trouble on purpose: named, for chosen requests, a counted number of times."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from support.fake_discord.refusals import Refusal

Moment = Literal["before", "after"]


@dataclass(frozen=True)
class Answer:
    """What goes back over the line. Without ``json`` the text goes out as it is, as from a proxy."""

    status: int
    json: Any = None
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    via: bool = True
    """Whether the answer comes from the API itself, and says so."""
    seconds: float = 0.0
    """Over how long the body is sent."""


@dataclass(eq=False)
class Fault:
    """One kind of trouble. It strikes from the ``skip``-th match on, ``times`` times."""

    name: str
    route: str
    """``METHOD /path`` without the version, with ``*`` for anything."""
    moment: Moment = "before"
    """Whether it strikes before the request has taken effect or after."""
    skip: int = 0
    times: int | None = 1
    delay: float = 0.0
    """Seconds that the answer comes late."""
    answer: Answer | None = None
    """What is answered in the place of the truth."""
    cut: bool = False
    """Whether the line breaks without an answer."""
    upload_bytes_per_second: float = 0.0
    """How slowly the body is read."""
    answer_seconds: float = 0.0
    """Over how long the answer trickles in."""
    then: Callable[[], Awaitable[object] | object] | None = None
    """What else happens at that moment, such as the death of the client."""
    seen: int = 0
    fired: int = 0

    def matches(self, method: str, path: str) -> bool:
        return fnmatchcase(f"{method} {path}", self.route)

    def strikes(self) -> bool:
        """Count one match; whether this is one of those that are hit."""
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.fired >= self.times):
            return False
        self.fired += 1
        return True


class Faults:
    """Those that wait for their request."""

    def __init__(self) -> None:
        self.every: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self.every.append(fault)
        return fault

    def server_error(self, route: str, status: int = 502, moment: Moment = "before", **more: Any) -> Fault:
        """A failure of the service; ``after``: although the request was carried out."""
        answer = Answer(status, text=f"<html>{status}</html>")
        return self.add(Fault(f"{status} {moment}", route, moment, answer=answer, **more))

    def cut(self, route: str, moment: Moment = "before", **more: Any) -> Fault:
        """The connection is reset in the place of an answer."""
        return self.add(Fault(f"cut {moment}", route, moment, cut=True, **more))

    def delay(self, route: str, seconds: float, moment: Moment = "after", **more: Any) -> Fault:
        """The answer comes late."""
        return self.add(Fault(f"late {moment}", route, moment, delay=seconds, **more))

    def slow_upload(self, route: str, bytes_per_second: float, **more: Any) -> Fault:
        return self.add(Fault("slow upload", route, upload_bytes_per_second=bytes_per_second, **more))

    def slow_answer(self, route: str, seconds: float, **more: Any) -> Fault:
        """The answer begins at once and takes so long to arrive."""
        return self.add(Fault("slow answer", route, "after", answer_seconds=seconds, **more))

    def rate_limit(self, route: str, seconds: float, *, everywhere: bool = False, **more: Any) -> Fault:
        """A 429 of the API, whatever the buckets say."""
        scope = "global" if everywhere else "user"
        body = {"message": "You are being rate limited.", "retry_after": seconds, "global": everywhere}
        headers = (("Retry-After", str(int(seconds) + 1)), ("X-RateLimit-Scope", scope))
        return self.add(Fault("429", route, answer=Answer(429, body, headers=headers), **more))

    def cloudflare(self, route: str, **more: Any) -> Fault:
        """A 429 of the proxy before the API: no JSON, nothing that says how long."""
        answer = Answer(429, text="error code: 1015", headers=(("Retry-After", "600"),), via=False)
        return self.add(Fault("cloudflare", route, answer=answer, **more))

    def refuse(self, route: str, refusal: Refusal, **more: Any) -> Fault:
        """Any other no of the API, such as 404 for a token that is still good."""
        answer = Answer(refusal.status, refusal.body(), headers=tuple(refusal.headers.items()))
        return self.add(Fault(f"{refusal.status} ({refusal.code})", route, answer=answer, **more))

    def crash(
        self, route: str, then: Callable[[], Awaitable[object] | object], moment: Moment = "after", **more: Any
    ) -> Fault:
        """Something happens to the client while its request is under way, which then gets no answer."""
        return self.add(Fault(f"crash {moment}", route, moment, cut=True, then=then, **more))

    def striking(self, method: str, path: str) -> list[Fault]:
        """Those that hit this request; each counts it."""
        return [each for each in self.every if each.matches(method, path) and each.strikes()]

    def fired(self, name: str) -> int:
        """How often the faults of a name have struck."""
        return sum(each.fired for each in self.every if each.name == name)

    def clear(self) -> None:
        """Peace from now on."""
        self.every.clear()

    def assert_all_fired(self) -> None:
        """A fault that never struck has tested nothing."""
        idle = [(each.name, each.route) for each in self.every if not each.fired]
        assert not idle, f"these faults never struck: {idle}"
