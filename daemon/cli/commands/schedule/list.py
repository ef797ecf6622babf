"""``mezzotint schedule list``."""

from __future__ import annotations

import typer

from daemon.cli import exits, options, output
from daemon.cli.commands.schedule import given, told
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """List all schedules."""
    invocation = Invocation.of(context, config, json)
    with given.daemon(invocation) as client:
        found = client.get("/v1/schedules")
    heads = ("NAME", "STATE", "WHEN", "NEXT", "RUNS", "PROMPT")
    if found:
        invocation.answer(found, lambda: output.table(heads, [told.line(each) for each in found]))
    else:
        invocation.answer(found, lambda: output.text("no schedules"))
    return exits.OK
