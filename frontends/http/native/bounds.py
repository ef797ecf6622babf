"""Bounds on what a caller may send, held before anything is parsed. Plain ASGI: a few comparisons a request."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontends.http.native.errors import MediaTypeError, TooLargeError, answer


class BodyBounds:
    """Lets JSON bodies of at most ``max_body_bytes`` through and answers 413 or 415 for others.

    The announced length is judged before a byte is read; a body without one is counted as it arrives.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        has_body = "transfer-encoding" in headers or (length.isdigit() and int(length) > 0)
        if length.isdigit() and int(length) > self._max_body_bytes:
            await answer(self._too_large())(scope, receive, send)
        elif has_body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            await answer(MediaTypeError())(scope, receive, send)
        else:
            await self._app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                # The framework lets only this class of its own pass while it reads a body.
                raise HTTPException(413, self._too_large().message)
            return message

        return counted

    def _too_large(self) -> TooLargeError:
        return TooLargeError(
            f"the request body is larger than {self._max_body_bytes} bytes",
            hint="send a smaller picture, or raise http.max_body_bytes",
        )
