"""Connects to an address that was judged, and judges the other end of the connection once more.

The name is looked up here and nowhere else: what was judged is what is connected to. A name that answers with another
address a moment later (DNS rebinding) changes nothing. Nothing goes through a proxy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

import httpcore2

from frontends.webhooks.addresses import Address
from frontends.webhooks.names import Resolve

MOST_ADDRESSES = 4
"""Of a host, tried one after the other."""

Judge = Callable[[Address], str | None]
"""Why nothing may be sent to an address; None when it may."""


class RefusedAddressError(Exception):
    """The host has an address that nothing may be sent to."""


class UnknownNameError(Exception):
    """The host has no address."""


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """The network as far as it may be used."""

    def __init__(self, judge: Judge, resolve: Resolve, network: httpcore2.AsyncNetworkBackend) -> None:
        self._judge = judge
        self._resolve = resolve
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises :class:`RefusedAddressError` with no connection left open, when any address of the host is refused."""
        addresses = await self._addresses(host, port)
        failure: Exception | None = None
        for address in addresses[:MOST_ADDRESSES]:
            try:
                each = None if timeout is None else timeout / min(len(addresses), MOST_ADDRESSES)
                stream = await self._network.connect_tcp(str(address), port, each, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
                continue
            if why := self._wrong_peer(stream, address):
                await stream.aclose()
                raise RefusedAddressError(why)
            return stream
        assert failure is not None
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Never."""
        raise RefusedAddressError("nothing is sent to a socket of this machine")

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise UnknownNameError(f"its name can't be looked up: {error.strerror or error}") from None
        if not addresses:
            raise UnknownNameError("its name has no address")
        for address in addresses:  # one bad address spoils them all: which of them is tried is not for others to choose
            if why := self._judge(address):
                raise RefusedAddressError(f"its address {address} {why}")
        return addresses

    def _wrong_peer(self, stream: httpcore2.AsyncNetworkStream, wanted: Address) -> str | None:
        found = stream.get_extra_info("server_addr")
        try:
            peer = ip_address(str(found[0]))
        except (TypeError, IndexError, ValueError):
            return "it can't be told who is at the other end"
        if peer != wanted:
            return f"the connection led to {peer} instead of {wanted}"
        return self._judge(peer)
