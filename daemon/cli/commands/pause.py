"""``mezzotint pause``: the whole queue."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from daemon.cli import exits, options, output
from daemon.cli.invocation import Invocation

FreeMemory = Annotated[
    bool,
    typer.Option("--free-memory", help="Give back all memory, the device's too, once the running jobs have ended."),
]


def command(
    context: typer.Context, free_memory: FreeMemory = False, config: options.Config = None, json: options.Json = False
) -> int:
    """Go on accepting jobs, but start none.

    It stays so over a restart, until: mezzotint resume

    With --free-memory the engine ends with all its models as soon as no job runs; the first job after the resume waits
    until it is there again.
    """
    invocation = Invocation.of(context, config, json)
    view = invocation.client.post(f"/v1/queue/pause{'?free_memory=true' if free_memory else ''}")
    invocation.answer(view, lambda: output.text(_told(view)))
    return exits.OK


def _told(view: dict[str, Any]) -> str:
    told = "paused: jobs are accepted, none is started"
    if not view["freed"]:
        return told
    running = view["queue"]["running"]
    when = f" once {running} running {'job has' if running == 1 else 'jobs have'} ended" if running else ""
    return f"{told}; the engine gives its memory back{when}"
