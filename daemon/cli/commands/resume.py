"""``mezzotint resume``: the whole queue."""

from __future__ import annotations

import typer

from daemon.cli import exits, options, output
from daemon.cli.invocation import Invocation


def command(context: typer.Context, config: options.Config = None, json: options.Json = False) -> int:
    """Start jobs again."""
    invocation = Invocation.of(context, config, json)
    view = invocation.client.post("/v1/queue/resume")
    invocation.answer(view, lambda: output.text("resumed"))
    return exits.OK
