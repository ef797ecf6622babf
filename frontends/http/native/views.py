"""What the API shows of jobs, pictures, models and the daemon: the only place that knows both sides.

Times are UTC in ISO 8601 with milliseconds and ``Z``; paths of pictures are absolute. Keys are only ever added.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NotRequired

# Not typing's: pydantic, which describes the API from these, refuses that one below Python 3.12.
from typing_extensions import TypedDict

from config.errors import ConfigurationError, MezzotintError, QuotaError
from daemon.service import (
    Expected,
    Job,
    JobError,
    LaneStatus,
    ModelEntry,
    Picture,
    RetentionStatus,
    Status,
    Verification,
)
from frontends.http.native import frontend_views

Place = Callable[[Picture], Path]
"""Tells where a picture's file lies."""


class ProblemView(TypedDict):
    """One thing that is wrong with the configuration."""

    key: str
    message: str
    hint: str | None


class ErrorView(TypedDict):
    """What went wrong, in plain words; ``field`` names the part of the input, ``hint`` says what to do.

    ``problems`` is everything that is wrong with a configuration, ``free_at`` when a quota that is used up begins anew.
    """

    kind: str
    message: str
    field: NotRequired[str]
    hint: NotRequired[str]
    problems: NotRequired[list[ProblemView]]
    free_at: NotRequired[str]


class PictureView(TypedDict):
    """One picture; ``sha256`` is of the file, ``pixels_sha256`` of its RGB bytes."""

    id: str
    path: str
    sha256: str
    pixels_sha256: str
    seed: int
    width: int
    height: int
    bytes: int


class JobView(TypedDict):
    """A job; ``attempts`` counts the attempts that were started, times are null where not yet.

    ``position`` is its place among those that wait (1 is next), ``eta_s`` the seconds until its pictures are there,
    told from what others like it took: null while the queue is paused, and where too little is known.
    """

    id: str
    state: str
    lane: str
    priority: int
    owner: str
    origin: dict[str, Any]
    parent: str | None
    """The picture or job that it varies, edits or draws again."""
    attempts: int
    error: ErrorView | None
    request: dict[str, Any]
    pictures: list[PictureView]
    queued_at: str
    started_at: str | None
    finished_at: str | None
    groups: list[str]
    engine_seconds: float
    position: int | None
    eta_s: float | None


class ReloadedView(TypedDict):
    """Settings that changed and are in force, and those that wait for a restart."""

    changed: list[str]
    at_restart: list[str]


class ReceiptView(TypedDict):
    """A job that is committed; ``created`` is false when its key was known."""

    id: str
    created: bool


class DaemonView(TypedDict):
    """The daemon process; ``state`` is ``serving`` or ``stopping``."""

    pid: int
    uptime_s: float
    version: str
    state: str


class EngineView(TypedDict):
    """An engine process; what it does not know before it is ready is null."""

    pid: int | None
    device: str | None
    model: str | None
    active: int
    parked: int
    forwards: int
    steps: int
    state: str


class LaneView(TypedDict):
    """A lane of the queue: ``share`` is its part of the engine-seconds of the last hour, null while there are none, and
    ``share_floor`` what it gets at least while it has work.

    ``eta_s`` are the seconds until the last of its jobs is done, null where there is none or nobody knows.
    """

    name: str
    queued: int
    running: int
    oldest_seconds: float | None
    engine_seconds: float
    share: float | None
    eta_s: float | None
    share_floor: float


class PaceView(TypedDict):
    """How fast the engine worked in the last ten seconds; ``busy`` is the part of that time."""

    forwards_per_second: float
    steps_per_second: float
    busy: float


class FrontEndView(TypedDict):
    """A way to reach the service, and how it is."""

    name: str
    state: str
    detail: str


class ConditionView(TypedDict):
    """Something that works less well than it should, since when, and what heals it."""

    what: str
    why: str
    heals: str
    since: str


class DeliveriesView(TypedDict):
    """The outbox: results on their way to where the job came from, and those given up."""

    waiting: int
    given_up: int


class RetentionView(TypedDict):
    """The rules by which ended jobs go by and by; when they were last carried out, and what went then."""

    rules: int
    at: str | None
    jobs: int
    pictures: int
    bytes: int


class StatusView(TypedDict):
    """How things stand. ``queue`` counts the jobs of each state; ``paused``: accepting, but starting nothing;

    ``freed``: paused, and the engine ends once it is idle, so that its memory is free.
    """

    daemon: DaemonView
    engines: list[EngineView]
    queue: dict[str, int]
    paused: bool
    front_ends: list[FrontEndView]
    frontends: dict[str, frontend_views.ConnectionView]
    deliveries: DeliveriesView
    degraded: list[ConditionView]
    retention: RetentionView | None
    freed: bool
    lanes: list[LaneView]
    pace: PaceView


class ModelView(TypedDict):
    """A model that can be named in a request."""

    name: str
    path: str
    family: str
    revision: str | None
    sha256: str
    licence: str
    description: str
    defaults: dict[str, Any]
    subjects: list[str] | None


class DifferenceView(TypedDict):
    """A recorded fact that is another one now."""

    fact: str
    recorded: Any
    now: Any


class VerificationView(TypedDict):
    """How a picture compares with the same request drawn again; ``similarity_psnr_db`` is null when identical."""

    picture: str | None
    identical: bool
    within_tolerance: bool
    similarity_psnr_db: float | None
    tolerance: str
    differences: list[DifferenceView]
    job: str


def moment(milliseconds: int) -> str:
    """UTC epoch milliseconds in ISO 8601."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def of_error(error: MezzotintError | JobError) -> ErrorView:
    """An error of ours, or the error a job ended with."""
    view = ErrorView(kind=error.kind, message=error.message)
    if error.field:
        view["field"] = error.field
    if error.hint:
        view["hint"] = error.hint
    if isinstance(error, QuotaError) and error.free_at is not None:
        view["free_at"] = moment(error.free_at)
    if isinstance(error, ConfigurationError):
        view["problems"] = [ProblemView(key=each.key, message=each.message, hint=each.hint) for each in error.problems]
    return view


def of_picture(picture: Picture, place: Place) -> PictureView:
    """One picture with its absolute path."""
    return PictureView(
        id=picture.id,
        path=str(place(picture)),
        sha256=picture.sha256,
        pixels_sha256=picture.pixels_sha256,
        seed=picture.seed,
        width=picture.width,
        height=picture.height,
        bytes=picture.bytes,
    )


def of_job(job: Job, place: Place, expected: Expected | None = None) -> JobView:
    """One job with its pictures, and what is expected of it."""
    return JobView(
        id=job.id,
        state=job.state,
        lane=job.lane,
        priority=job.priority,
        owner=job.owner,
        origin={"source": job.origin.source, **job.origin.address},
        parent=job.parent,
        attempts=job.attempt,
        error=None if job.error is None else of_error(job.error),
        request=job.request.model_dump(mode="json"),
        pictures=[of_picture(picture, place) for picture in job.pictures],
        queued_at=moment(job.queued_at),
        started_at=None if job.started_at is None else moment(job.started_at),
        finished_at=None if job.finished_at is None else moment(job.finished_at),
        groups=list(job.groups),
        engine_seconds=round(job.engine_seconds, 3),
        position=None if expected is None else expected.position,
        eta_s=None if expected is None else _rounded(expected.ends_s),
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def of_status(status: Status) -> StatusView:
    """The daemon as it is now."""
    daemon = status.daemon
    return StatusView(
        daemon=DaemonView(
            pid=daemon.pid, uptime_s=round(daemon.uptime_s, 3), version=daemon.version, state=daemon.state
        ),
        engines=[
            EngineView(
                pid=engine.pid,
                device=engine.device,
                model=engine.model,
                active=engine.active,
                parked=engine.parked,
                forwards=engine.forwards,
                steps=engine.steps,
                state=engine.state,
            )
            for engine in status.engines
        ],
        queue=dict(status.queue),
        paused=status.paused,
        front_ends=[FrontEndView(name=each.name, state=each.state, detail=each.detail) for each in status.front_ends],
        frontends=frontend_views.connections(status),
        deliveries=DeliveriesView(waiting=status.deliveries.waiting, given_up=status.deliveries.given_up),
        degraded=[
            ConditionView(what=each.what, why=each.why, heals=each.heals, since=moment(each.since))
            for each in status.degraded
        ],
        retention=None if status.retention is None else _of_retention(status.retention),
        freed=status.freed,
        lanes=[_of_lane(each) for each in status.lanes],
        pace=PaceView(
            forwards_per_second=round(status.pace.forwards_per_second, 2),
            steps_per_second=round(status.pace.steps_per_second, 2),
            busy=round(status.pace.busy, 3),
        ),
    )


def _of_retention(found: RetentionStatus) -> RetentionView:
    return RetentionView(
        rules=found.rules,
        at=None if found.at is None else moment(found.at),
        jobs=found.jobs,
        pictures=found.pictures,
        bytes=found.bytes,
    )


def _of_lane(lane: LaneStatus) -> LaneView:
    return LaneView(
        name=lane.name,
        queued=lane.queued,
        running=lane.running,
        oldest_seconds=None if lane.oldest_seconds is None else round(lane.oldest_seconds, 3),
        engine_seconds=round(lane.engine_seconds, 3),
        share=None if lane.share is None else round(lane.share, 4),
        eta_s=_rounded(lane.eta_s),
        share_floor=round(lane.share_floor, 4),
    )


def of_model(entry: ModelEntry) -> ModelView:
    """A registered model."""
    return ModelView(
        name=entry.name,
        path=str(entry.path),
        family=entry.family,
        revision=entry.revision,
        sha256=entry.sha256,
        licence=entry.licence,
        description=entry.description,
        defaults=entry.defaults.model_dump(mode="json"),
        subjects=None if entry.subjects is None else list(entry.subjects),
    )


def of_verification(found: Verification) -> VerificationView:
    """What drawing a picture again showed."""
    return VerificationView(
        picture=found.picture_id,
        identical=found.identical,
        within_tolerance=found.within_tolerance,
        similarity_psnr_db=found.similarity_psnr_db,
        tolerance=found.tolerance,
        differences=[
            DifferenceView(fact=each.fact, recorded=each.recorded, now=each.now) for each in found.differences
        ],
        job=found.job_id,
    )
