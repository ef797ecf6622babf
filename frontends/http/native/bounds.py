"""Bounds on what a caller may send, held before anything is parsed. Plain ASGI: a few comparisons a request."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontends.http.native.errors import HeadTooLargeError, MediaTypeError, TooLargeError, answer

BODY_SECONDS = 60.0
BODIES = 4
"""Of the largest size that may be under way at once; a body is held until its request is answered."""

MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024
MAX_ADDRESS_BYTES = 64 * 1024
"""Path and query; five hundred ids have some ten thousand."""


class BodyBounds:
    """Lets JSON bodies of at most ``max_body_bytes`` through and answers 413 or 415 for others.

    The announced length is judged before a byte is read; a body without one is counted as it arrives. All bodies
    under way may together have four times as much (503 beyond), and none may take more than ``body_seconds`` (408).
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int, body_seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._body_seconds = body_seconds
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if refused := _head_beyond_bounds(scope):
            await answer(refused)(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        has_body = "transfer-encoding" in headers or (length.isdigit() and int(length) > 0)
        if length.isdigit() and int(length) > self._max_body_bytes:
            await answer(self._too_large())(scope, receive, send)
        elif has_body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            await answer(MediaTypeError())(scope, receive, send)
        else:
            body = _Body(receive, self._body_seconds if has_body else None)
            try:
                await self._app(scope, self._counting(body), send)
            finally:
                self._held_bytes -= body.received

    def _counting(self, body: _Body) -> Receive:
        async def counted() -> Message:
            # The framework lets only this class of its own pass while it reads a body.
            try:
                message, more = await body.next()
            except TimeoutError:
                raise HTTPException(408, "the request body takes too long to arrive") from None
            self._held_bytes += more
            if body.received > self._max_body_bytes:
                raise HTTPException(413, self._too_large().message)
            if self._held_bytes > BODIES * self._max_body_bytes:
                raise HTTPException(503, "too many large requests at once; send it again later")
            return message

        return counted

    def _too_large(self) -> TooLargeError:
        return TooLargeError(
            f"the request body is larger than {self._max_body_bytes} bytes",
            hint="send a smaller picture, or raise http.max_body_bytes",
        )


def _head_beyond_bounds(scope: Scope) -> HeadTooLargeError | None:
    headers = scope["headers"]
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        return HeadTooLargeError(f"more than {MAX_HEADERS} headers, or more than {MAX_HEADER_BYTES} bytes of them")
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_ADDRESS_BYTES:
        return HeadTooLargeError(f"the address is longer than {MAX_ADDRESS_BYTES} bytes")
    return None


class _Body:
    """A body as it arrives, with a deadline for all of it."""

    def __init__(self, receive: Receive, seconds: float | None) -> None:
        self._receive = receive
        self._seconds = seconds
        self._deadline: float | None = None
        self.received = 0

    async def next(self) -> tuple[Message, int]:
        """The next message, and how many bytes it brought; raises ``TimeoutError``."""
        if self._seconds is None:  # whole already: what comes next is that the caller leaves
            message = await self._receive()
        else:
            loop = asyncio.get_running_loop()
            self._deadline = self._deadline or loop.time() + self._seconds
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        if not message.get("more_body", False):
            self._seconds = None
        more = len(message.get("body", b""))
        self.received += more
        return message, more
