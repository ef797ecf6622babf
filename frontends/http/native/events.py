"""What happens to jobs, as it happens: one JSON object a line.

``{"event": "job", "job": {...}}`` comes first for a single job, and again at each change of its state;
``changed`` (all jobs: id and state), ``progress``, ``missed`` (the reader was too slow: look again) and
``heartbeat`` follow. The stream of a single job ends when the job has ended.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from config.errors import BusyError
from daemon.service import TERMINAL, Event, JobChanged, JobProgress, Service, Subscription
from frontends.http.native import views
from frontends.http.native.door import Door

HEARTBEAT_SECONDS = 5.0
STALL_SECONDS = 30.0
MAX_STREAMS = 200

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/v1", tags=["events"])


@router.get("/events", response_class=Response, responses={200: {"content": {"application/x-ndjson": {}}}})
async def events(service: Door, request: Request, job: str | None = None, previews: bool = False) -> Response:
    """Follow one job (by its id or a unique beginning of it), or all."""
    streams: set[EventStream] = request.app.state.streams
    if len(streams) >= MAX_STREAMS:
        raise BusyError(f"{MAX_STREAMS} event streams are open already")
    job_id = None if job is None else (await service.job(job)).id
    return EventStream(_lines(service, job_id, previews), streams)


class EventStream(StreamingResponse):
    """Lines as they come, to a reader that keeps up: one that takes nothing for half a minute is let go."""

    def __init__(self, lines: AsyncIterator[bytes], streams: set[EventStream]) -> None:
        super().__init__(lines, media_type="application/x-ndjson", headers={"cache-control": "no-store"})
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(STALL_SECONDS):
                await send(message)

        self._streams.add(self)
        try:
            await super().__call__(scope, receive, send_in_time)
        except TimeoutError:
            log.info("event_reader_dropped", stall_seconds=STALL_SECONDS)
        finally:
            self._streams.discard(self)


async def _lines(service: Service, job_id: str | None, previews: bool) -> AsyncIterator[bytes]:
    with service.watch(job_id) as subscription:
        if job_id is not None:
            line, ended = await _job(service, job_id)
            yield line
            if ended:
                return
        async for event in _with_heartbeats(subscription):
            if job_id is not None and not isinstance(event, JobProgress | None):
                line, ended = await _job(service, job_id)
                yield line
                if ended:
                    return
            else:
                yield _line(_view(event, previews))


async def _with_heartbeats(subscription: Subscription) -> AsyncIterator[Event | None]:
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


def _view(event: Event | None, previews: bool) -> dict[str, Any]:
    if event is None:
        return {"event": "heartbeat"}
    if isinstance(event, JobChanged):
        return {"event": "changed", "job_id": event.job_id, "state": event.state}
    if isinstance(event, JobProgress):
        view = {"event": "progress", "job_id": event.job_id, "step": event.step, "steps": event.steps}
        if previews and event.preview_png is not None:
            view["preview_png_base64"] = base64.b64encode(event.preview_png).decode()
        return view
    return {"event": "missed", "events": event.events}


def _line(view: dict[str, Any]) -> bytes:
    return json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
