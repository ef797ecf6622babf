"""From a name to its addresses, asked once for a delivery and bounded in how many are asked for at a time."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from frontends.webhooks.addresses import Address

Resolve = Callable[[str, int], Awaitable[list[Address]]]
"""The addresses of a host, the first to be tried first. Raises ``OSError`` when there are none."""
AT_ONCE = 4


class Resolver:
    """Asks the system, in threads of its own that nothing waits for at the end of the process.

    Those of the event loop would be used up, and held open at the end, by a name server that does not answer.
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, host: str, port: int) -> list[Address]:
        """The addresses of a name, or the address that is written there."""
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Address]] = loop.create_future()

        def ended(addresses: list[Address], error: OSError | None) -> None:
            self._free.release()
            if found.done():  # nobody waits any more
                return
            if error is None:
                found.set_result(addresses)
            else:
                found.set_exception(error)

        def ask() -> None:
            addresses, failed = [], None
            try:
                addresses = look_up(host, port)
            except OSError as error:
                failed = error
            except UnicodeError:
                failed = OSError("the name can't be looked up")
            if not loop.is_closed():
                loop.call_soon_threadsafe(ended, addresses, failed)

        threading.Thread(target=ask, name="webhook name", daemon=True).start()
        return await found


def look_up(host: str, port: int) -> list[Address]:
    """Ask the system; waits for it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(ip_address(str(place[4][0])) for place in found))
