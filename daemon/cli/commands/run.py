"""``mezzotint run``: the daemon itself."""

from __future__ import annotations

from typing import Annotated

import typer

from daemon.cli import options
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context,
    private: Annotated[
        bool, typer.Option("--private", help="Stop when standard input ends (so does whoever holds it).", hidden=True)
    ] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Run the daemon in the foreground.

    It logs to stderr, a JSON object a line.
    """
    invocation = Invocation.of(context, config, json)
    settings = invocation.settings
    from daemon import app

    return app.run(settings, invocation.load, private=private)
