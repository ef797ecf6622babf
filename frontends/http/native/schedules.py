"""Recurring orders over HTTP: set up, look at, steer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from config.errors import UserError
from daemon.service import Draft, Run
from frontends.http.native import schedule_views as views
from frontends.http.native.bodies import JsonRoute, unpacked
from frontends.http.native.door import Door

router = APIRouter(prefix="/v1/schedules", tags=["schedules"], route_class=JsonRoute)

Most = Annotated[int, Query(ge=1, le=1000, description="so many")]


class ScheduleBody(BaseModel):
    """A schedule: exactly one of ``cron``, ``every``, ``calendar`` and ``at`` says when."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    request: Annotated[dict[str, Any], Field(description="request fields; prompts may hold {date}, {n}, {a|b}")]
    cron: str | None = None
    every: Annotated[str | None, Field(description="2s, 5m, 1h, 1d: a grid that begins now")] = None
    calendar: Annotated[str | None, Field(description="2 weeks on mon,thu at 09:00")] = None
    at: Annotated[str | None, Field(description="ISO 8601")] = None
    time_zone: Annotated[str | None, Field(description="IANA name; that of the machine when open")] = None
    gap: str = "next"
    overlap: str = "first"
    catch_up: Annotated[str, Field(description="none, one, all:K or within:SPAN")] = "one"
    jitter: str | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    max_runs: int | None = None
    max_in_flight: int = 1
    quiet_hours: Annotated[str | None, Field(description="22:00-07:00")] = None
    owner: str | None = None
    seed_rule: Annotated[str | None, Field(description="random, fixed, increment or date")] = None
    lists: Annotated[dict[str, list[str]], Field(description="lists for __NAME__ in a prompt")] = {}
    evolve: Annotated[bool, Field(description="each picture starts from the one before")] = False
    image_base64: str | None = None
    target: Annotated[dict[str, Any], Field(description="kind: gallery, folder (path) or webhook (url)")] = {
        "kind": "gallery"
    }

    async def draft(self) -> Draft:
        """For the service, which judges all of it."""
        image = None if self.image_base64 is None else await unpacked(self.image_base64, "image_base64")
        return Draft(image=image, **self.model_dump(exclude={"image_base64"}))


@router.post("", status_code=201, response_model=views.ScheduleView)
async def add(service: Door, body: ScheduleBody) -> Response:
    """Set one up: answered once it is committed. It counts from now."""
    return JSONResponse(views.of_schedule(await service.schedules.add(await body.draft())), 201)


@router.get("", response_model=list[views.ScheduleView])
async def find(service: Door) -> Response:
    """All of them, by name."""
    return JSONResponse([views.of_schedule(each) for each in await service.schedules.list()])


@router.post("/preview", response_model=views.PreviewView)
async def preview(service: Door, body: ScheduleBody, n: Most = 10) -> Response:
    """What it would mean, and its next due times; nothing is kept."""
    explained, runs = await service.schedules.preview(await body.draft(), n)
    return JSONResponse(views.PreviewView(explained=explained, runs=_told(runs)))


@router.get("/{name}", response_model=views.WholeScheduleView)
async def show(service: Door, name: str) -> Response:
    """One, with what became of its last due times."""
    return JSONResponse(views.of_whole_schedule(await service.schedules.show(name)))


@router.put("/{name}", response_model=views.WholeScheduleView)
async def edit(service: Door, name: str, body: ScheduleBody) -> Response:
    """Let it say something else, and count from now."""
    if body.name != name:
        raise UserError("name: a schedule keeps its name", field="name")
    return JSONResponse(views.of_whole_schedule(await service.schedules.edit(await body.draft())))


@router.delete("/{name}", response_model=views.ScheduleView)
async def remove(service: Door, name: str) -> Response:
    """Forget it and what became of its due times; jobs that it queued stay. Answers what it was."""
    known = await service.schedules.show(name)
    await service.schedules.remove(name)
    return JSONResponse(views.of_schedule(known))


@router.get("/{name}/next", response_model=list[views.RunView])
async def following(
    service: Door, name: str, n: Most = 10, start: Annotated[str | None, Query(alias="from", max_length=60)] = None
) -> Response:
    """Its next due times, or those from a moment on (ISO 8601), by the code that decides what is due."""
    return JSONResponse(_told(await service.schedules.next(name, n, start)))


@router.post("/{name}/pause", response_model=views.WholeScheduleView)
async def pause(service: Door, name: str) -> Response:
    """Let nothing be due until it is resumed."""
    return JSONResponse(views.of_whole_schedule(await service.schedules.pause(name)))


@router.post("/{name}/resume", response_model=views.WholeScheduleView)
async def resume(service: Door, name: str) -> Response:
    """Go on; ``catch_up`` decides about what was due meanwhile."""
    return JSONResponse(views.of_whole_schedule(await service.schedules.resume(name)))


@router.post("/{name}/run", status_code=201, response_model=views.StartedView)
async def run(service: Door, name: str) -> Response:
    """Run it once now, besides its due times."""
    return JSONResponse(views.StartedView(job=await service.schedules.run(name)), 201)


def _told(runs: Sequence[Run]) -> list[views.RunView]:
    return [views.of_run(each) for each in runs]
