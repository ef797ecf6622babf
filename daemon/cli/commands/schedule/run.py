"""``mezzotint schedule run``."""

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
    """Run a schedule once now, besides its due times, and print the id of the job."""
    invocation = Invocation.of(context, config, json)
    started = invocation.client.post(given.place(name, "run"))
    invocation.answer(started, lambda: output.text(started["job"]))
    return exits.OK
