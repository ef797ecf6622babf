"""Webhooks as a front end of the daemon: it brings no jobs, it tells of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from config.clock import Clock, now_ms
from config.settings import WebhookSettings
from daemon.service import Service
from frontends.contract import Misconfigured
from frontends.webhooks import signing
from frontends.webhooks.delivering import Deliverer
from frontends.webhooks.sending import Sender
from frontends.webhooks.signing import NoSecretError

SOURCE = "webhook"
"""Origin of jobs whose end is told to an address that came with them, and source of all subscriptions."""


class Webhooks:
    """Hosts that the operator lists are told. From its making on; running it says how it is."""

    name = SOURCE

    def __init__(
        self,
        settings: WebhookSettings,
        service: Service,
        environ: Mapping[str, str] = os.environ,
        clock: Clock = now_ms,
        sender: Sender | None = None,
    ) -> None:
        self.started = asyncio.Event()
        self._settings = settings
        self._environ = environ
        self._deliverer = Deliverer(service, settings, environ, sender or Sender(), clock)
        before = service.deliverers().get(SOURCE)
        if isinstance(before, Deliverer):
            before.ended.close()
        service.register_deliverer(SOURCE, self._deliverer)

    async def run(self) -> None:
        """Until cancelled. Raises :class:`Misconfigured` without a secret to sign with: what is to be told waits."""
        for name in sorted({host.signed_with for host in self._settings.hosts}):
            try:
                await asyncio.to_thread(signing.secrets, name, self._environ)
            except NoSecretError as error:
                raise Misconfigured(str(error)) from None
        self.started.set()
        await asyncio.Event().wait()

    def status(self) -> str:
        """How many may be told and are, and who does not answer."""
        hosts, subscriptions = len(self._settings.hosts), len(self._settings.subscriptions)
        words = f"{hosts} host{_s(hosts)}, {subscriptions} subscription{_s(subscriptions)}"
        if silent := self._deliverer.resting.places():
            words += f"; no answer from {', '.join(silent[:3])}{' and others' if len(silent) > 3 else ''}"
        return words


def _s(number: int) -> str:
    return "" if number == 1 else "s"
