"""A job as the queue knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.settings import Lane
from pipeline.request import Request

TERMINAL = frozenset({"done", "failed", "cancelled", "dead"})
STATES = ("queued", "running", "paused", "done", "failed", "cancelled", "dead")
LANES: tuple[Lane, ...] = ("interactive", "folder", "scheduled", "background")
"""In order of urgency; the index is a lane's urgency."""


@dataclass(frozen=True)
class Origin:
    """Where a job came from and where its result goes. ``address`` is JSON that only the source understands."""

    source: str
    address: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobError:
    """Why a job ended without its pictures, or why its last attempt did."""

    kind: str
    message: str
    field: str | None = None
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A recorded result. ``path`` is relative to the state directory, ``sha256`` is of the file."""

    id: str
    job_id: str
    index: int
    path: str
    sha256: str
    pixels_sha256: str
    seed: int
    width: int
    height: int
    bytes: int
    facts: Mapping[str, Any]
    created_at: int


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """What :func:`storage.queue.enqueue` takes:

    A settled request; ``key`` makes it idempotent within its origin's source.
    """

    request: Request
    lane: Lane
    owner: str
    origin: Origin
    priority: int = 0
    key: str | None = None
    parent: str | None = None
    deliver: bool = False
    order_id: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Enqueued:
    """The id under which a job is committed; ``created`` is false when its key was there before."""

    id: str
    created: bool


@dataclass(frozen=True, kw_only=True)
class Job:
    """One row and its pictures. Times are UTC epoch milliseconds; ``attempt`` counts the attempts started."""

    id: str
    state: str
    lane: Lane
    owner: str
    origin: Origin
    priority: int
    attempt: int
    alone: bool
    request: Request
    request_hash: str
    error: JobError | None
    pictures: tuple[Picture, ...]
    queued_at: int
    started_at: int | None
    finished_at: int | None
    not_before: int
    cancel_requested: bool
    order_id: str | None
    line: int | None
    parent: str | None
    deliver: bool = False
