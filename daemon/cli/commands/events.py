"""``mezzotint events``: what happens, as it happens."""

from __future__ import annotations

import contextlib
import json as json_
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from daemon.cli import exits, options, output
from daemon.cli.client import Client, segment
from daemon.cli.exits import LostDaemonError, NoDaemonError
from daemon.cli.follow import TERMINAL
from daemon.cli.invocation import Invocation

PAUSE_SECONDS = 1.0

Job = Annotated[
    str | None, typer.Option("--job", metavar="ID", help="Only this job (or the beginning of its id), until it ends.")
]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kinds",
        metavar="KIND,...",
        help="Only these: state, progress, delivery, engine, model, condition, queue, refused.",
    ),
]


def command(
    context: typer.Context,
    job: Job = None,
    kinds: Kinds = None,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Follow what happens: one JSON object a line, with its time, until Ctrl-C.

    When the daemon goes away the command waits for it. A line "missed" says that events were lost: then, or because
    they were not read fast enough.
    """
    invocation = Invocation.of(context, config, json)
    wanted = [kind.strip() for given in kinds or () for kind in given.split(",") if kind.strip()]
    with contextlib.suppress(KeyboardInterrupt):
        for line in _lines(invocation.client, job, wanted or None):
            output.block(json_.dumps(line))
    return exits.OK


def _lines(client: Client, job: str | None, kinds: list[str] | None) -> Iterator[dict[str, Any]]:
    """The events, and a word about each time in which the daemon was away."""
    been_there = away = False
    while True:
        try:
            for line in client.lines("/v1/events", detail="true", job=job, kinds=kinds):
                if away:
                    yield {"time": _now(), "event": "missed", "why": "the daemon was away"}
                been_there, away = True, False
                if line["event"] != "heartbeat":
                    yield line
            if job is not None and client.get(f"/v1/jobs/{segment(job)}")["state"] in TERMINAL:
                return
        except (LostDaemonError, NoDaemonError):
            client.close()
            if not been_there:
                raise
        away = True
        time.sleep(PAUSE_SECONDS)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
