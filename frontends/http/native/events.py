"""What happens to jobs, as it happens: one JSON object a line.

``{"event": "job", "job": {...}}`` comes first for a single job, and again at each change of its state;
``changed`` (all jobs: id and state), ``progress``, ``missed`` (the reader was too slow: look again) and
``heartbeat`` follow. The stream of a single job ends when the job has ended.

With ``detail`` each line has its time, a change of state comes as ``state`` with all that is known of it, and what
happens beside the jobs is told too (see :mod:`frontends.http.native.lines`); ``kinds`` leaves the others out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Collection
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request, Response
from starlette.types import Receive, Scope, Send

from config.errors import BusyError, UserError
from daemon.service import TERMINAL, Event, JobChanged, Missed, Service, Subscription
from frontends.http.native import lines, views
from frontends.http.native.door import Door

HEARTBEAT_SECONDS = 5.0
STALL_SECONDS = 30.0
MAX_STREAMS = 200

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/v1", tags=["events"])


@router.get("/events", response_class=Response, responses={200: {"content": {"application/x-ndjson": {}}}})
async def events(
    service: Door,
    request: Request,
    job: str | None = None,
    previews: bool = False,
    detail: bool = False,
    kinds: Annotated[list[str] | None, Query(max_length=50)] = None,
) -> Response:
    """Follow one job (by its id or a unique beginning of it), or all."""
    for kind in kinds or ():
        if kind not in lines.KINDS:
            raise UserError(f"kinds: {kind!r} is none of {', '.join(lines.KINDS)}", field="kinds")
    streams: set[EventStream] = request.app.state.streams
    if len(streams) >= MAX_STREAMS:
        raise BusyError(f"{MAX_STREAMS} event streams are open already")
    job_id = None if job is None else (await service.job(job)).id
    if detail or kinds:
        return EventStream(_detailed(service, job_id, frozenset(kinds or lines.KINDS) | {lines.ALWAYS}), streams)
    return EventStream(_lines(service, job_id, previews), streams)


class EventStream(Response):
    """Lines as they come, to a reader that keeps up: one that takes nothing for half a minute is let go."""

    media_type = "application/x-ndjson"

    def __init__(self, lines: AsyncGenerator[bytes], streams: set[EventStream]) -> None:
        super().__init__(headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._lines = lines
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._streams.add(self)
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_until_gone(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            ends = await asyncio.gather(sending, leaving, return_exceptions=True)
            await self._lines.aclose()
            self._streams.discard(self)
        if isinstance(ends[0], TimeoutError):
            log.info("event_reader_dropped", stall_seconds=STALL_SECONDS)
        elif isinstance(ends[0], Exception):
            raise ends[0]

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for line in self._lines:
            async with asyncio.timeout(STALL_SECONDS):
                await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _lines(service: Service, job_id: str | None, previews: bool) -> AsyncGenerator[bytes]:
    with service.watch(job_id) as subscription:
        if job_id is not None:
            line, ended = await _job(service, job_id)
            yield line
            if ended:
                return
        async for event in _with_heartbeats(subscription):
            if job_id is not None and isinstance(event, JobChanged | Missed):
                line, ended = await _job(service, job_id)
                yield line
                if ended:
                    return
            elif (view := lines.plain(event, previews)) is not None:
                yield _line(view)


async def _detailed(service: Service, job_id: str | None, kinds: Collection[str]) -> AsyncGenerator[bytes]:
    """The stream of a single job begins with its state and ends with the job."""
    with service.watch(job_id) as subscription:
        if job_id is not None:
            now = await service.job(job_id)
            if "state" in kinds:
                kind = now.error.kind if now.error else None
                told = JobChanged(now.id, now.state, lane=now.lane, owner=now.owner, error_kind=kind)
                yield _line(lines.detailed(told))
            if now.state in TERMINAL:
                return
        yield _line({"event": "heartbeat"})  # whoever comes back after a break knows that the daemon is there
        async for event in _with_heartbeats(subscription):
            if event is None:
                yield _line({"event": "heartbeat"})
                continue
            if lines.kind_of(event) in kinds:
                yield _line(lines.detailed(event))
            if job_id is not None and isinstance(event, Missed) and (await service.job(job_id)).state in TERMINAL:
                return
            if job_id is not None and isinstance(event, JobChanged) and event.state in TERMINAL:
                return


async def _with_heartbeats(subscription: Subscription) -> AsyncGenerator[Event | None]:
    """The events, and None whenever none came for a while. A reader's loss shows at the next line at the latest."""
    waiting = asyncio.ensure_future(anext(subscription, _END))
    try:
        while True:
            await asyncio.wait((waiting,), timeout=HEARTBEAT_SECONDS)
            if not waiting.done():
                yield None
                continue
            event = waiting.result()
            if isinstance(event, _End):
                return
            yield event
            waiting = asyncio.ensure_future(anext(subscription, _END))
    finally:
        waiting.cancel()


class _End:
    """The subscription is over: the daemon stops."""


_END = _End()


async def _job(service: Service, job_id: str) -> tuple[bytes, bool]:
    job = await service.job(job_id)
    return _line({"event": "job", "job": views.of_job(job, service.absolute)}), job.state in TERMINAL


def _line(view: dict[str, Any]) -> bytes:
    return json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
