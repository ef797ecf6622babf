"""``mezzotint jobs``: the queue and its history."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from config.errors import UserError
from daemon.cli import asking, exits, options, told
from daemon.cli.client import Client
from daemon.cli.invocation import Invocation

IDS_AT_ONCE = 200
"""Ids go into the address of the request, which must stay short."""


def command(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Only these jobs.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="queued, running, paused, done, failed, cancelled or dead.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many, the newest first.")] = None,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """List jobs, the newest first.

    All of them, unless limited.
    """
    invocation = Invocation.of(context, config, json)
    try:
        found = _found(invocation.client, ids or [], state, limit)
    except UserError as error:
        raise asking.refused(error) if error.field == "state" else error from None
    invocation.answer(found, lambda: told.jobs(found))
    return exits.OK


def _found(client: Client, ids: list[str], state: str | None, limit: int | None) -> list[dict[str, Any]]:
    pieces: list[list[str] | None] = [ids[first : first + IDS_AT_ONCE] for first in range(0, len(ids), IDS_AT_ONCE)]
    found: dict[str, dict[str, Any]] = {}
    for piece in pieces or [None]:
        found |= {job["id"]: job for job in client.get("/v1/jobs", id=piece, state=state, limit=limit)}
    return list(found.values())[:limit]
