"""The HTTP side: every request is found its route, limited, disturbed, carried out, written down."""

from __future__ import annotations

import asyncio
import json
import re
import struct
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from socket import SO_LINGER, SOL_SOCKET
from typing import TYPE_CHECKING, Any

from aiohttp import web
from support.fake_discord import bodies, refusals
from support.fake_discord.bodies import Body
from support.fake_discord.faults import Answer, Fault
from support.fake_discord.limits import Verdict
from support.fake_discord.refusals import Refusal

if TYPE_CHECKING:
    from support.fake_discord.fake import FakeDiscord

PREFIX = "/api/v10"
MAJOR = ("channel", "guild", "token")
"""The parts of a path that a bucket is kept apart by."""


@dataclass(frozen=True)
class Call:
    """One request on its way to what answers it."""

    fake: FakeDiscord
    parts: dict[str, str]
    query: dict[str, str]
    body: Body

    @property
    def fields(self) -> Any:
        return self.body.fields

    def number(self, name: str) -> int:
        """A part of the path that is an id; one that is no number is no known thing."""
        if not self.parts[name].isdigit():
            said = f'Value "{self.parts[name]}" is not snowflake.'
            errors = {f"{name}_id": {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": said}]}}
            raise Refusal(400, 50035, "Invalid Form Body", errors=errors)
        return int(self.parts[name])

    def asks(self, name: str) -> bool:
        """Whether a switch of the query is on."""
        return self.query.get(name, "").lower() in ("1", "true")


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """One address of the API."""

    method: str
    path: str
    handler: Handler
    open: bool = False
    """Whether it needs no token in the header: its own token is in the path."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


@dataclass(frozen=True)
class Exchange:
    """What was asked and what was answered. ``status`` 0: the line was cut."""

    method: str
    path: str
    status: int
    code: int = 0
    fields: Any = field(default_factory=dict)
    files: tuple[str, ...] = ()
    at: float = 0.0
    said: str = ""

    @property
    def asked(self) -> str:
        return f"{self.method} {self.path}"


class Server:
    """Answers requests."""

    def __init__(self, fake: FakeDiscord, routes: list[Route]) -> None:
        self._fake = fake
        self._routes = routes

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One request of any path below the API's root."""
        path = request.path.removeprefix(PREFIX)
        striking = self._fake.faults.striking(request.method, path)
        raw = await self._read(request, striking)
        early = [each for each in striking if each.moment == "before"]
        late = [each for each in striking if each.moment == "after"]
        answer = await self._disturb(request, early, None)
        body = Body()
        if answer is None:
            try:
                body = bodies.parse(request.headers.get("Content-Type", ""), raw)
                answer = self._carry_out(request, path, body)
            except Refusal as refusal:
                answer = _refused(refusal)
            except Exception:
                self._fake.surprises.append(f"{request.method} {path}\n{traceback.format_exc()}")
                answer = Answer(500, text="the fake itself has failed")
        answer = await self._disturb(request, late, answer)
        assert answer is not None
        self._note(request, path, body, answer)
        return await self._send(request, answer)

    def _carry_out(self, request: web.Request, path: str, body: Body) -> Answer:
        route, parts = self._find(request.method, path)
        fake = self._fake
        authorized = request.headers.get("Authorization") == f"Bot {fake.token}"
        major = "+".join(parts.get(name, "") for name in MAJOR)
        verdict = fake.limits.judge(f"{route.method} {route.path}", major, counts_globally=not route.open)
        if verdict.banned:
            return Answer(429, text="error code: 1015", headers=(("Retry-After", "600"),), via=False)
        if not route.open and not authorized:
            raise refusals.unauthorized()
        if verdict.wait:
            return _limited(verdict)
        call = Call(fake, parts, dict(request.query), body)
        try:
            answer = route.handler(call)
        except Refusal as refusal:
            answer = _refused(refusal)
        headers = {**verdict.headers, **dict(answer.headers)}
        return Answer(answer.status, answer.json, answer.text, tuple(headers.items()), answer.via)

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        matching = [(route, found) for route in self._routes if (found := route.pattern.fullmatch(path))]
        for route, found in matching:
            if route.method == method:
                return route, found.groupdict()
        self._fake.surprises.append(f"no such route: {method} {path}")
        raise refusals.wrong_method() if matching else refusals.no_such_route()

    async def _read(self, request: web.Request, striking: list[Fault]) -> bytes:
        pace = min((each.upload_bytes_per_second for each in striking if each.upload_bytes_per_second), default=0.0)
        if not pace:
            return await request.read()
        raw = bytearray()
        while piece := await request.content.read(max(1, int(pace / 20))):
            raw += piece
            await asyncio.sleep(len(piece) / pace)
        return bytes(raw)

    async def _disturb(self, request: web.Request, faults: list[Fault], answer: Answer | None) -> Answer | None:
        for fault in faults:
            if fault.delay:
                await asyncio.sleep(fault.delay)
            if fault.then is not None:
                outcome = fault.then()
                if hasattr(outcome, "__await__"):
                    await outcome
            if fault.cut:
                return Answer(0)
            answer = fault.answer or answer
            if fault.answer_seconds and answer is not None:
                answer = replace(answer, seconds=fault.answer_seconds)
        return answer

    def _note(self, request: web.Request, path: str, body: Body, answer: Answer) -> None:
        told = answer.json if isinstance(answer.json, dict) and answer.status >= 400 else {}
        if answer.status in (401, 403, 429) and dict(answer.headers).get("X-RateLimit-Scope") != "shared":
            self._fake.limits.count_invalid()
        files = tuple(each.name for each in body.files.values())
        said = json.dumps(told) if told else ""
        code = told.get("code", 0)
        at = self._fake.clock.now()
        self._fake.requests.append(Exchange(request.method, path, answer.status, code, body.fields, files, at, said))

    async def _send(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer.status == 0:
            reset(request)
            return web.Response(status=500)
        headers = dict(answer.headers)
        if answer.via:
            headers["Via"] = "1.1 google"
        if answer.json is None:
            return web.Response(status=answer.status, text=answer.text or None, headers=headers)
        # Exactly this type: with a charset behind it the client takes the body for a text.
        headers["Content-Type"] = "application/json"
        body = json.dumps(answer.json).encode()
        if not answer.seconds:
            return web.Response(status=answer.status, body=body, headers=headers)
        return await _trickle(request, web.StreamResponse(status=answer.status, headers=headers), body, answer.seconds)


def reset(request: web.Request) -> None:
    """Break the line the hard way: the other side reads "connection reset by peer"."""
    if request.transport is None:
        return
    socket = request.transport.get_extra_info("socket")
    socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


async def _trickle(
    request: web.Request, response: web.StreamResponse, body: bytes, seconds: float
) -> web.StreamResponse:
    response.content_length = len(body)
    await response.prepare(request)
    step = max(1, len(body) // 20)
    for start in range(0, len(body), step):
        await asyncio.sleep(seconds * step / len(body))
        await response.write(body[start : start + step])
    return response


def _refused(refusal: Refusal) -> Answer:
    return Answer(refusal.status, refusal.body(), headers=tuple(refusal.headers.items()))


def _limited(verdict: Verdict) -> Answer:
    scope = "global" if verdict.everywhere else "user"
    body = {"message": "You are being rate limited.", "retry_after": verdict.wait, "global": verdict.everywhere}
    headers = {**verdict.headers, "Retry-After": str(int(verdict.wait) + 1), "X-RateLimit-Scope": scope}
    if verdict.everywhere:
        headers["X-RateLimit-Global"] = "true"
    return Answer(429, body, headers=tuple(headers.items()))
