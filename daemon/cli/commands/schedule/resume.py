"""``mezzotint schedule resume``."""

from __future__ import annotations

import typer

from daemon.cli import exits, options
from daemon.cli.commands.schedule import given, told
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context,
    name: given.Name,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Let a schedule go on; its catch-up decides about what was due meanwhile."""
    invocation = Invocation.of(context, config, json)
    with given.daemon(invocation) as client:
        view = client.post(given.place(name, "resume"))
    invocation.answer(view, lambda: told.schedule(view))
    return exits.OK
