"""A job and what belongs to it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.request import Request
from storage.quotas.terms import UNLIMITED, Terms

State = Literal["queued", "running", "done", "failed", "cancelled", "dead"]

TERMINAL = frozenset({"done", "failed", "cancelled", "dead"})
"""States that a job leaves only when somebody asks for it to be tried again."""

LANES = ("interactive", "folder", "scheduled", "background")
"""The coarse order of urgency; a lane's place here is its urgency, 0 the most urgent."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a job came from, and the JSON address to which its deliverer brings the result."""

    source: str
    address: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be queued. Everything has been checked; the request is settled."""

    request: Request
    lane: str
    owner: str
    """``source:name``."""
    origin: Origin
    priority: int = 0
    """Higher goes first among the jobs of one owner."""
    key: str | None = None
    """A second job of the same source with this key is the first one."""
    parent: str | None = None
    """Id of the picture or job that this one varies, edits or draws again."""
    deliver: bool = False
    order_id: str | None = None
    line: int | None = None
    groups: tuple[str, ...] = ()
    """Under what it counts beside its owner: ``role:patron``, ``guild:1234``, ``folder:inbox``."""
    terms: Terms = UNLIMITED
    """What must hold for it to be accepted."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The id of a queued job; ``created`` is False when its key was known already."""

    id: str
    created: bool


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job did not succeed. ``kind`` is one of ``user``, ``retryable``, ``fatal``."""

    kind: str
    message: str
    field: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A recorded result. ``path`` is relative to the state directory, ``sha256`` of the file."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it was when it was read. Moments are UTC epoch milliseconds."""

    id: str
    state: str
    lane: str
    owner: str
    origin: Origin
    priority: int
    attempt: int
    """Attempts that count so far; while it runs, the number of this one. ``(id, attempt)`` fences every write."""
    alone: bool
    """It is suspected of having killed an engine: it must share one with nobody."""
    request: Request
    request_hash: str
    error: JobError | None
    pictures: tuple[Picture, ...]
    queued_at: int
    started_at: int | None
    """When it was first claimed."""
    finished_at: int | None
    not_before: int | None
    cancel_requested: bool
    order_id: str | None
    line: int | None
    parent: str | None
    engine_seconds: float = 0.0
    """What its attempts took of an engine, those that ended."""
    groups: tuple[str, ...] = ()
