"""``mezzotint pause``: the whole queue."""

from __future__ import annotations

import typer

from daemon.cli import exits, options, output
from daemon.cli.invocation import Invocation


def command(context: typer.Context, config: options.Config = None, json: options.Json = False) -> int:
    """Go on accepting jobs, but start none.

    It stays so over a restart, until: mezzotint resume
    """
    invocation = Invocation.of(context, config, json)
    view = invocation.client.post("/v1/queue/pause")
    invocation.answer(view, lambda: output.text("paused: jobs are accepted, none is started"))
    return exits.OK
