"""Who wants to be told no more: addresses that answered 410, and the subscriptions that lead there."""

from __future__ import annotations

import asyncio

import structlog

from config.web_address import WebAddress
from daemon.service import Service

MOST_ADDRESSES = 1_000

log = structlog.get_logger(__name__)


class Ended:
    """Kept until the settings of webhooks change, or to the end of the daemon: what they say then counts again."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._addresses: set[WebAddress] = set()
        self._subscriptions: set[str] = set()
        self._closed = asyncio.Event()

    def has(self, address: WebAddress) -> bool:
        """This address is told nothing any more."""
        return address in self._addresses

    async def add(self, address: WebAddress, source: str, subscription: str) -> None:
        """It answered that it is gone. A subscription ends with that; ``""`` where it came with a job."""
        if address not in self._addresses:
            if len(self._addresses) >= MOST_ADDRESSES:
                self._addresses.clear()
            self._addresses.add(address)
            log.warning("webhook_gone", place=address.place, subscription=subscription or None)
        if not subscription or subscription in self._subscriptions or self._closed.is_set():
            return
        await self._service.unsubscribe(source, subscription)
        if self._closed.is_set():
            return
        self._subscriptions.add(subscription)
        self._service.conditions.report(
            _part(subscription),
            f"{address.place} answered 410: it wants to be told no more, and the subscription has ended",
            f"remove {subscription} from [[webhooks.subscriptions]] or give it another url, and mezzotint reload",
        )

    def close(self) -> None:
        """The settings are read anew. Whoever answers only now was asked by what they said before: nothing ends."""
        self._closed.set()
        for subscription in self._subscriptions:
            self._service.conditions.clear(_part(subscription))
        self._subscriptions.clear()


def _part(subscription: str) -> str:
    return f"webhook {subscription}"
