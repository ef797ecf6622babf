"""Everything for one screen: how things stand, what is drawn, what waits, what ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

# Not typing's: pydantic, which describes the API from these, refuses that one below Python 3.12.
from typing_extensions import TypedDict

from daemon.service import Ending, Job, Overview, Running
from frontends.http.native import views
from frontends.http.native.door import Door

PROMPT_CHARACTERS = 200

router = APIRouter(prefix="/v1", tags=["queue"])


class GlanceView(TypedDict):
    """A job at a glance; the prompt is cut."""

    id: str
    lane: str
    owner: str
    model: str | None
    prompt: str
    queued_at: str


class RunningView(GlanceView):
    """A job that is drawn; ``step`` is null before its first one, ``started_at`` is of its first attempt."""

    step: int | None
    steps: int | None
    started_at: str | None
    attempts: int


class EndingView(TypedDict):
    """How a job ended."""

    id: str
    state: str
    lane: str | None
    owner: str | None
    error_kind: str | None
    drawing_seconds: float | None
    ended_at: str


class OverviewView(TypedDict):
    """One look at the service. ``waiting`` are the jobs that were accepted first, ``endings`` the newest first."""

    time: str
    status: views.StatusView
    running: list[RunningView]
    waiting: list[GlanceView]
    endings: list[EndingView]


@router.get("/overview", response_model=OverviewView)
async def overview(service: Door, most: Annotated[int, Query(ge=1, le=200)] = 50) -> Response:
    """At most so many jobs of each kind; the counts of the status are of all."""
    return JSONResponse(_of(await service.overview(most)))


def _of(seen: Overview) -> OverviewView:
    return OverviewView(
        time=views.moment(seen.at),
        status=views.of_status(seen.status),
        running=[_running(each) for each in seen.running],
        waiting=[_glance(job) for job in seen.waiting],
        endings=[_ending(each) for each in seen.endings],
    )


def _glance(job: Job) -> GlanceView:
    return GlanceView(
        id=job.id,
        lane=job.lane,
        owner=job.owner,
        model=job.request.model,
        prompt=job.request.prompt[:PROMPT_CHARACTERS],
        queued_at=views.moment(job.queued_at),
    )


def _running(running: Running) -> RunningView:
    started = running.job.started_at
    return RunningView(
        **_glance(running.job),
        step=running.step,
        steps=running.steps,
        started_at=None if started is None else views.moment(started),
        attempts=running.job.attempt,
    )


def _ending(ending: Ending) -> EndingView:
    return EndingView(
        id=ending.job_id,
        state=ending.state,
        lane=ending.lane,
        owner=ending.owner,
        error_kind=ending.error_kind,
        drawing_seconds=None if ending.drawing_seconds is None else round(ending.drawing_seconds, 3),
        ended_at=views.moment(ending.at),
    )
