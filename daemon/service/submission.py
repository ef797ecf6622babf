"""What a front end hands in, and what it gets back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.request import Request
from storage.queue.job import Origin
from storage.quotas.terms import Allowance as Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One order for pictures, untrusted throughout."""

    fields: dict[str, Any] | Request
    """Request fields by name (see :class:`pipeline.request.Request`). ``image`` may name an input taken in before."""
    owner: str = "cli:anonymous"
    """``source:name``. The source also scopes ``key``."""
    lane: str = "interactive"
    priority: int = 0
    """-100 to 100 within the owner's jobs; higher goes first."""
    key: str | None = None
    """Idempotency key: a second submission of the same source with the same key returns the first one's id,
    whatever else it says, and makes nothing."""
    origin: Origin | None = None
    """Where results go; the owner's source with an empty address when open."""
    deliver: bool = False
    """Bring the result to the deliverer of ``origin.source`` when the job ends, however it ends."""
    image: bytes | None = None
    """An input picture as received (PNG, JPEG, WebP); it is checked and re-encoded before the job is accepted."""
    parent: str | None = None
    """Id of the picture or job that this one varies, edits or draws again."""
    order_id: str | None = None
    line: int | None = None
    groups: tuple[str, ...] = ()
    """What the job belongs to beside its owner, for the quotas: ``role:NAME``, ``guild:``, ``channel:``, ``member:``,
    ``folder:``, ``schedule:``; at most 16."""
    limits: tuple[Limit, ...] = ()
    """What must hold beside the quotas of the operator, each for the owner or one of the groups; judged and counted
    in the transaction that accepts the job. At most 32."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The job is committed under this id. ``created`` is False when the key was known already."""

    id: str
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProgress:
    """How far an order file has been read: committed in the same transaction as the jobs of its lines."""

    order_id: str
    next_line: int
    errors: Sequence[tuple[int, str]] = ()
    """Lines that never became a submission, with the reason; the service adds submissions that are refused."""
