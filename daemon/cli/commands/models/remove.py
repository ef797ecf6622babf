"""``mezzotint models remove``."""

from __future__ import annotations

import typer

from daemon.cli import exits, options, output
from daemon.cli.commands.models import registered
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context, name: registered.Name, config: options.Config = None, json: options.Json = False
) -> int:
    """Forget a model; its files stay where they are."""
    invocation = Invocation.of(context, config, json)
    registered.registry(invocation).remove(name)
    invocation.answer(
        {"removed": name}, lambda: output.text(f"{name} is no longer registered; its files are untouched")
    )
    return exits.OK
