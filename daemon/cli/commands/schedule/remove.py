"""``mezzotint schedule remove``."""

from __future__ import annotations

import typer

from daemon.cli import exits, options, output
from daemon.cli.commands.schedule import given
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context,
    name: given.Name,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Forget a schedule and its history; pictures and jobs stay."""
    invocation = Invocation.of(context, config, json)
    with given.daemon(invocation) as client:
        client.delete(given.place(name))
    invocation.answer({"removed": name}, lambda: output.text(f"{name} is removed"))
    return exits.OK
