"""Brings the end of a job to a host: who is meant, what is said, and what the answer means."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from config.clock import Clock
from config.errors import NotFoundError, RetryableError, UserError
from config.settings import WebhookSettings
from config.webhooks import Target, admitted
from daemon.service import TERMINAL, Delivery, Job, LaterError, Service, UndeliverableError
from frontends.webhooks import message, signing
from frontends.webhooks.connecting import RefusedAddressError
from frontends.webhooks.ended import Ended
from frontends.webhooks.resting import Resting
from frontends.webhooks.sending import Answer, NoAnswerError, Sender
from frontends.webhooks.signing import NoSecretError

MAY_PASS = frozenset({408, 425, 429})
"""Answers besides those from 500 on after which it is tried again."""
GONE = 410


class Deliverer:
    """Tells hosts of jobs, as the settings of today admit."""

    def __init__(
        self,
        service: Service,
        settings: WebhookSettings,
        environ: Mapping[str, str],
        sender: Sender,
        clock: Clock,
    ) -> None:
        self._service = service
        self._settings = settings
        self._environ = environ
        self._sender = sender
        self._clock = clock
        self.resting = Resting()
        self.ended = Ended(service)

    async def deliver(self, delivery: Delivery, job: Job) -> None:
        """Return once the host has taken it. Raises as :class:`daemon.service.Deliverer` says."""
        wanted = self._wanted(delivery, job)
        if wanted is None:
            return
        target, with_pictures, details = wanted
        place = target.address.place
        if self.ended.has(target.address):
            await self.ended.add(target.address, delivery.source, delivery.target)  # it may have answered another
            raise UndeliverableError(f"{place} answered 410 before: it wants to be told no more")
        if (seconds := self.resting.seconds(place)) > 0:
            raise LaterError(f"{place} did not answer lately", seconds)
        files = await self._files(job) if with_pictures else None
        body, keys = await asyncio.to_thread(self._made, target, job, details, files)
        now = self._clock()
        headers = [
            ("Content-Type", "application/json"),
            *signing.headers(keys, delivery.id, now // 1000, body),
        ]
        try:
            with self.resting.asking(place):
                answer = await self._sender.post(target, headers, body, self._settings.timeout_seconds)
        except NoAnswerError as error:
            raise RetryableError(f"{place}: {error}") from None
        except RefusedAddressError as error:
            hint = "if it is meant, set private = true for that host in [[webhooks.hosts]]"
            raise RetryableError(f"{place} is not told: {error} ({hint})") from None
        if answer.status == GONE:
            await self.ended.add(target.address, delivery.source, delivery.target)
        self._judge(place, answer, now)

    def _wanted(self, delivery: Delivery, job: Job) -> tuple[Target, bool, dict[str, Any]] | None:
        """Whom to tell, whether with the pictures, and the details for them; None when there is nothing to tell."""
        if job.state not in TERMINAL:  # it is tried again meanwhile: its next end is told
            return None
        if delivery.target:
            named = {each.name: each for each in self._settings.subscriptions}
            subscription = named.get(delivery.target)
            if subscription is None:
                raise UndeliverableError(f"nobody subscribes as {delivery.target} any more")
            return self._admitted(subscription.url), subscription.pictures, {}
        address = delivery.address
        if job.state not in address.get("events", TERMINAL):
            return None
        details = {name: value for name, value in address.items() if name not in message.OWN}
        return self._admitted(str(address.get("url"))), bool(address.get("pictures", True)), details

    def _admitted(self, url: str) -> Target:
        try:
            return admitted(url, self._settings.hosts)
        except UserError as error:
            raise UndeliverableError(error.message) from None

    async def _files(self, job: Job) -> list[bytes] | None:
        """The pictures, if they are small enough together and still there."""
        if sum(picture.bytes for picture in job.pictures) > self._settings.picture_bytes:
            return None
        try:
            return [await self._service.picture_bytes(picture.id) for picture in job.pictures]
        except NotFoundError:
            return None

    def _made(
        self, target: Target, job: Job, details: dict[str, Any], files: list[bytes] | None
    ) -> tuple[bytes, tuple[bytes, ...]]:
        try:
            keys = signing.secrets(target.listed.signed_with, self._environ)
        except NoSecretError as error:
            raise RetryableError(f"nothing is sent unsigned: {error}") from None
        return message.body(job, details, files), keys

    def _judge(self, place: str, answer: Answer, now: int) -> None:
        status = answer.status
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise UndeliverableError(f"{place} answered {status}, and no redirect is followed")
        if status < 500 and status not in MAY_PASS:
            gone = ": it wants to be told no more" if status == GONE else ""
            raise UndeliverableError(f"{place} answered {status}{gone}")
        said = f"{place} answered {status}"
        asked = _seconds(answer.retry_after, now)
        if asked is None:
            raise RetryableError(said)
        raise LaterError(said, min(asked, self._settings.longest_wait_seconds))


def _seconds(retry_after: str | None, now: int) -> float | None:
    """What a ``Retry-After`` asks for: seconds, or a date."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - datetime.fromtimestamp(now / 1000, UTC).timestamp())
