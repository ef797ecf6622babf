"""``mezzotint schedule next``."""

from __future__ import annotations

from typing import Annotated

import typer

from daemon.cli import exits, options
from daemon.cli.commands.schedule import given, told
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context,
    name: given.Name,
    most: Annotated[int, typer.Option("-n", min=1, max=1000, help="So many.")] = 10,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From this moment on, and not from now.")
    ] = None,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Show when a schedule is due next, and what will be drawn."""
    invocation = Invocation.of(context, config, json)
    with given.daemon(invocation) as client:
        found = client.get(given.place(name, "next"), n=most, **{"from": start})
    invocation.answer(found, lambda: told.runs(found))
    return exits.OK
