"""A deliverer of webhooks whose names and network are given, and jobs that have ended."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from support.requests import settled

from config.errors import NotFoundError
from config.settings import WebhookSettings
from daemon.service import Delivery, Job, Origin, Picture
from daemon.service.conditions import Conditions
from frontends.webhooks.addresses import Address
from frontends.webhooks.delivering import Deliverer
from frontends.webhooks.sending import Sender

NOW = 1_800_000_000_000


@dataclass
class FakeService:
    """Has pictures."""

    files: dict[str, bytes] = field(default_factory=dict)
    deliverers: dict[str, Any] = field(default_factory=dict)
    unsubscribed: list[tuple[str, str]] = field(default_factory=list)
    conditions: Conditions = field(default_factory=Conditions)

    async def picture_bytes(self, picture_id: str) -> bytes:
        try:
            return self.files[picture_id]
        except KeyError:
            raise NotFoundError("gone") from None

    async def unsubscribe(self, source: str, target: str) -> None:
        self.unsubscribed.append((source, target))

    def register_deliverer(self, source: str, deliverer: Any) -> None:
        self.deliverers[source] = deliverer


@dataclass
class Names:
    """Answers look-ups: for each name the addresses of one question after the other, the last of them for ever."""

    known: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        answers = self.known.get(host)
        if not answers:
            raise OSError(-2, "Name or service not known")
        return [ip_address(each) for each in (answers.pop(0) if len(answers) > 1 else answers[0])]


def job(**fields: Any) -> Job:
    usual: dict[str, Any] = {
        "id": "0123456789abcdef",
        "state": "done",
        "lane": "interactive",
        "owner": "cli:1",
        "origin": Origin("webhook", {}),
        "priority": 0,
        "attempt": 1,
        "alone": False,
        "request": settled(steps=4),
        "request_hash": "0" * 64,
        "error": None,
        "pictures": (),
        "queued_at": NOW - 3_000,
        "started_at": NOW - 2_000,
        "finished_at": NOW - 1_000,
        "not_before": None,
        "cancel_requested": False,
        "order_id": None,
        "line": None,
        "parent": None,
    }
    return Job(**{**usual, **fields})


def picture(data: bytes, **fields: Any) -> Picture:
    usual: dict[str, Any] = {
        "id": "fedcba9876543210",
        "job_id": "0123456789abcdef",
        "index": 0,
        "path": "pictures/01/fedcba9876543210.png",
        "sha256": "1" * 64,
        "pixels_sha256": "2" * 64,
        "seed": 7,
        "width": 8,
        "height": 8,
        "bytes": len(data),
        "facts": {},
        "created_at": NOW,
    }
    return Picture(**{**usual, **fields})


def delivery(url: str = "", **fields: Any) -> Delivery:
    usual: dict[str, Any] = {
        "id": "aaaaaaaaaaaaaaaa",
        "job_id": "0123456789abcdef",
        "source": "webhook",
        "address": {"url": url} if url else {},
        "attempt": 0,
        "created_at": NOW,
    }
    return Delivery(**{**usual, **fields})


@dataclass
class World:
    """A deliverer, and all around it."""

    service: FakeService
    names: Names
    settings: WebhookSettings
    environ: dict[str, str]
    network: Any = None

    @property
    def deliverer(self) -> Deliverer:
        sender = Sender(self.names, self.network)
        return Deliverer(self.service, self.settings, self.environ, sender, lambda: NOW)  # type: ignore[arg-type]

    async def tell(self, url: str, about: Job | None = None, **fields: Any) -> None:
        await self.deliverer.deliver(replace(delivery(url), **fields), about or job())
