"""``mezzotint schedule show``."""

from __future__ import annotations

from typing import Any

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
    """Show a schedule and what became of its last due times, the newest last."""
    invocation = Invocation.of(context, config, json)
    with given.daemon(invocation) as client:
        view = client.get(given.place(name))
    invocation.answer(view, lambda: _tell(view))
    return exits.OK


def _tell(view: dict[str, Any]) -> None:
    told.schedule(view)
    told.occurrences(view["occurrences"])
