"""One POST: in a bounded time, to an address that was judged, with the answer read as far as it is of use."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import httpcore2

from config.version import VERSION
from config.webhooks import Target
from frontends.webhooks import addresses
from frontends.webhooks.addresses import Address
from frontends.webhooks.connecting import CheckedNetwork, UnknownNameError
from frontends.webhooks.names import Resolve, Resolver

MAX_ANSWER_BYTES = 16 * 1024
"""The answer's text is of no use to us; so much of it is read that a small one comes to its end."""
ANSWER_SECONDS = 2.0

FAILURES = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the host said. ``retry_after`` is the header as it came."""

    status: int
    retry_after: str | None


class NoAnswerError(Exception):
    """The host was not reached, or broke off, or took too long; says which without words of the host."""


class Sender:
    """Sends to hosts that the operator lists."""

    def __init__(self, resolve: Resolve | None = None, network: httpcore2.AsyncNetworkBackend | None = None) -> None:
        self._resolve = resolve or Resolver()
        self._network = network or httpcore2.AnyIOBackend()
        self._tls: ssl.SSLContext | None = None

    async def post(self, target: Target, headers: Sequence[tuple[str, str]], body: bytes, seconds: float) -> Answer:
        """The answer, whatever it is; a redirect is an answer, too.

        Raises :class:`NoAnswerError`, and :class:`RefusedAddressError` when the host lies where nothing may be sent.
        """
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        try:
            async with asyncio.timeout(seconds):
                return await self._post(self._tls, target, headers, body, seconds)
        except TimeoutError:
            raise NoAnswerError(f"took longer than {seconds:g} s") from None
        except UnknownNameError as error:
            raise NoAnswerError(str(error)) from None
        except FAILURES as error:
            raise NoAnswerError(_words(error)) from None

    async def _post(
        self, tls: ssl.SSLContext, target: Target, headers: Sequence[tuple[str, str]], body: bytes, seconds: float
    ) -> Answer:
        address = target.address
        url = httpcore2.URL(
            scheme=address.scheme.encode(), host=address.host.encode(), port=address.port, target=address.path.encode()
        )
        network = CheckedNetwork(partial(_refusal, target), self._resolve, self._network)
        given = [("Host", address.place), ("User-Agent", f"mezzotint/{VERSION}"), *headers]
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        # A pool of its own, for one connection: what is kept open would have been judged by settings of earlier.
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=tls, max_connections=1, max_keepalive_connections=0, network_backend=network
            ) as pool,
            pool.stream("POST", url, headers=given, content=body, extensions={"timeout": timeouts}) as response,
        ):
            found = {name.lower(): value for name, value in response.headers}
            retry_after = found.get(b"retry-after")
            await _read(response)
            return Answer(response.status, None if retry_after is None else retry_after.decode("latin-1"))


async def _read(response: httpcore2.Response) -> None:
    """A little of it. What was answered is known: how this goes wrong does not matter."""
    got = 0
    with contextlib.suppress(*FAILURES):
        async with asyncio.timeout(ANSWER_SECONDS):
            async for piece in response.aiter_stream():
                got += len(piece)
                if got > MAX_ANSWER_BYTES:
                    return


def _refusal(target: Target, address: Address) -> str | None:
    if target.address.scheme == "http" and not addresses.is_private(address):
        return "is none of the own network, and without TLS anybody on the way could read"
    return addresses.refusal(address, private=target.listed.private)


def _words(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    inner = error.args[0] if error.args and isinstance(error.args[0], Exception) else cause
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate can't be trusted: {inner.verify_message}"
    if isinstance(error, httpcore2.TimeoutException):
        return "took too long"
    if isinstance(inner, OSError) and inner.strerror:
        return f"can't be reached: {inner.strerror}"
    return {
        httpcore2.ConnectError: "can't be reached",
        httpcore2.ReadError: "broke off before it answered",
        httpcore2.WriteError: "broke off before it had everything",
        httpcore2.RemoteProtocolError: "answered something that is not HTTP",
    }.get(type(error), "broke off")
