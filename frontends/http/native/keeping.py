"""Backups, pruning and the export. Work that takes long answers with a JSON object a line, the last of them the result.

``{"event": "doing", ...}`` says how far it is; then ``backup``, ``pruned`` or ``error`` comes. Whoever leaves before
calls it off.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from config.errors import MezzotintError, UserError
from daemon.service import STATES, TERMINAL, Backup, Doing, Filter, Pruned, PruneOrder, Rule
from frontends.http.native import keeping_views, views
from frontends.http.native.bodies import JsonRoute
from frontends.http.native.door import Door
from frontends.http.native.events import EventStream

MAX_CONFIG_CHARACTERS = 1024 * 1024
STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"application/x-ndjson": {}}}}

router = APIRouter(prefix="/v1", tags=["keeping"], route_class=JsonRoute)


class BackupBody(BaseModel):
    """Where to write a backup: an absolute path, seen from the daemon."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: str
    pictures: bool = True
    config: Annotated[str | None, Field(max_length=MAX_CONFIG_CHARACTERS)] = None
    """The text of the configuration file, kept with it."""
    config_path: str | None = None


class PruneBody(BaseModel):
    """What to remove. Jobs are touched only when one of the first six is given."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ended_before: Annotated[int | None, Field(ge=0, description="UTC epoch milliseconds")] = None
    states: list[str] | None = None
    owner: Annotated[str | None, Field(description="a star at its end stands for any end")] = None
    origin: Annotated[str | None, Field(description="the source of the origin")] = None
    keep: Annotated[int | None, Field(ge=0, description="so many of the newest that match stay")] = None
    retention: Annotated[bool, Field(description="by the rules of the settings, too")] = False
    unreferenced_inputs: bool = False
    quarantine: bool = False
    dry_run: bool = False


@router.post("/backups", response_class=Response, responses=STREAM)
async def back_up(service: Door, request: Request, body: BackupBody) -> Response:
    """Write a backup while everything goes on."""
    steps = service.keeping.backup(
        Path(body.path),
        pictures=body.pictures,
        config=None if body.config is None else body.config.encode(),
        config_path=None if body.config_path is None else Path(body.config_path),
    )
    return await _stream(request, steps)


@router.post("/prunes", response_class=Response, responses=STREAM)
async def prune(service: Door, request: Request, body: PruneBody) -> Response:
    """Remove ended jobs with all that belongs to them, unused input pictures, files set aside."""
    return await _stream(request, service.keeping.prune(_order(body)))


@router.get("/records", response_model=keeping_views.RecordsView)
async def records(
    service: Door,
    after: Annotated[int, Query(ge=0)] = 0,
    since: Annotated[int | None, Query(description="UTC epoch milliseconds")] = None,
    until: int | None = None,
    state: str | None = None,
    owner: str | None = None,
    events: bool = False,
) -> Response:
    """A page of whole records, in order of acceptance; ``next`` is the ``after`` of the next page, null at the end."""
    if state is not None and state not in STATES:
        raise UserError(f"state: must be one of {', '.join(STATES)}", field="state")
    wanted = Filter(since=since, until=until, state=state, owner=owner)
    lines, more = await service.keeping.records(wanted, after, with_events=events)
    text = b'{"records":[' + lines.rstrip(b"\n").replace(b"\n", b",") + b'],"next":' + json.dumps(more).encode() + b"}"
    return Response(text, media_type="application/json")


def _order(body: PruneBody) -> PruneOrder:
    states = tuple(sorted(TERMINAL)) if body.states is None else tuple(body.states)
    if not states or not TERMINAL.issuperset(states):
        raise UserError(f"states: must be among {', '.join(sorted(TERMINAL))}", field="states")
    wanted = (body.ended_before, body.states, body.owner, body.origin, body.keep)
    rule = Rule(
        states=states, owner=body.owner, origin=body.origin, ended_before=body.ended_before, keep=body.keep or 0
    )
    order = PruneOrder(
        rule=None if wanted == (None,) * 5 else rule,
        retention=body.retention,
        unreferenced_inputs=body.unreferenced_inputs,
        quarantine=body.quarantine,
        dry_run=body.dry_run,
    )
    if order.rule is None and not (order.retention or order.unreferenced_inputs or order.quarantine):
        raise UserError("nothing is said to be pruned", field="states", hint="say at least one of the options")
    return order


async def _stream(request: Request, steps: AsyncGenerator[Doing | Backup] | AsyncGenerator[Doing | Pruned]) -> Response:
    """What is wrong before anything was done is an error as everywhere, what goes wrong later is the last line."""
    first = await anext(steps)
    return EventStream(_lines(first, steps), request.app.state.streams)


async def _lines(first: Doing | Backup | Pruned, steps: AsyncGenerator[Any]) -> AsyncGenerator[bytes]:
    try:
        yield _line(first)
        async for step in steps:
            yield _line(step)
    except MezzotintError as error:
        yield _text({"event": "error", "error": views.of_error(error)})
    finally:
        await steps.aclose()


def _line(step: Doing | Backup | Pruned) -> bytes:
    if isinstance(step, Backup):
        return _text({"event": "backup", "backup": keeping_views.of_backup(step)})
    if isinstance(step, Pruned):
        return _text({"event": "pruned", "pruned": keeping_views.of_pruned(step)})
    return _text({"event": "doing", "doing": step.doing, "done": step.done, "total": step.total})


def _text(view: dict[str, Any]) -> bytes:
    return json.dumps(view, separators=(",", ":")).encode() + b"\n"
