"""Jobs over HTTP: submit, show, list, cancel, retry."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse

from daemon.service import Job, Service
from frontends.http.native import views
from frontends.http.native.bodies import JsonRoute, submission, submission_schema
from frontends.http.native.door import Door

JOBS_AT_ONCE = 500
"""Jobs read from the database at a time: a megabyte or so."""
VIEWS_AT_ONCE = 50
"""Jobs rendered before other callers get their turn: some two milliseconds of the event loop."""

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=JsonRoute)


@router.post("", status_code=201, response_model=views.ReceiptView, openapi_extra=submission_schema())
async def submit(service: Door, body: Annotated[dict[str, Any], Body()]) -> Response:
    """Accept a job: answered once it is committed. 200 instead of 201 when its key was known."""
    receipt = await service.submit(await submission(body))
    view = views.ReceiptView(id=receipt.id, created=receipt.created)
    return JSONResponse(view, 201 if receipt.created else 200)


@router.get("", response_model=list[views.JobView])
async def find(
    service: Door,
    id: Annotated[list[str] | None, Query(max_length=500)] = None,
    state: str | None = None,
    owner: str | None = None,
    limit: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Jobs, newest first; all matches unless limited. Of several ids (or beginnings of ids) each must exist."""
    if id:
        pages = _one_page(await service.jobs(ids=id, state=state, owner=owner, limit=limit))
    else:
        first = await service.jobs(state=state, owner=owner, limit=_page(limit))  # a wrong state is refused here
        pages = _pages(service, first, state, owner, limit)
    return StreamingResponse(_listed(service, pages), media_type="application/json")


@router.get("/{job_id}", response_model=views.JobView)
async def show(service: Door, job_id: str) -> Response:
    """One job, by its id or a unique beginning of it."""
    return await _shown(service, await service.job(job_id))


@router.post("/{job_id}/cancel", response_model=views.JobView)
async def cancel(service: Door, job_id: str) -> Response:
    """End a job: at once when it waits, at its next step when it runs. One that has ended stays as it is."""
    return await _shown(service, await service.cancel(job_id))


@router.post("/{job_id}/retry", response_model=views.JobView)
async def retry(service: Door, job_id: str) -> Response:
    """Queue a failed, dead or cancelled job again."""
    return await _shown(service, await service.retry(job_id))


async def _shown(service: Service, job: Job) -> Response:
    expected = await service.expected([job])
    return JSONResponse(views.of_job(job, service.absolute, expected.get(job.id)))


def _page(limit: int | None) -> int:
    return JOBS_AT_ONCE if limit is None else min(limit, JOBS_AT_ONCE)


async def _one_page(found: Sequence[Job]) -> AsyncIterator[Sequence[Job]]:
    yield found


async def _pages(
    service: Service, first: Sequence[Job], state: str | None, owner: str | None, limit: int | None
) -> AsyncIterator[Sequence[Job]]:
    """All matches, read piece by piece: a hundred thousand jobs at once would fill the memory."""
    found, rest = first, limit
    while found:
        yield found
        rest = None if rest is None else rest - len(found)
        if len(found) < JOBS_AT_ONCE or rest == 0:
            return
        found = await service.jobs(state=state, owner=owner, limit=_page(rest), before=found[-1].id)


async def _listed(service: Service, pages: AsyncIterator[Sequence[Job]]) -> AsyncIterator[bytes]:
    """The JSON list in pieces, each rendered in some milliseconds, so that other callers get their turn."""
    yield b"["
    begun = False
    async for found in pages:
        expected = await service.expected(found)
        for start in range(0, len(found), VIEWS_AT_ONCE):
            some = found[start : start + VIEWS_AT_ONCE]
            piece = [views.of_job(job, service.absolute, expected.get(job.id)) for job in some]
            text = json.dumps(piece, ensure_ascii=False, separators=(",", ":"))[1:-1]
            yield ("," if begun else "").encode() + text.encode()
            begun = True
            await asyncio.sleep(0)
    yield b"]"
