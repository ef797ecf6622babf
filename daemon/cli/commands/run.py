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
    only_keep: Annotated[bool, typer.Option("--only-keep", help="Start no engine and no job.", hidden=True)] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Run the daemon in the foreground.

    It logs to stderr, a JSON object a line.
    """
    settings = Invocation.of(context, config, json).settings
    from daemon import app

    return app.run(settings, private=private, draws=not only_keep)
