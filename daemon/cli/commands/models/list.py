"""``mezzotint models list``."""

from __future__ import annotations

import typer

from daemon.cli import exits, options, output
from daemon.cli.commands.models import registered
from daemon.cli.invocation import Invocation


def command(context: typer.Context, config: options.Config = None, json: options.Json = False) -> int:
    """List the registered models."""
    invocation = Invocation.of(context, config, json)
    entries = registered.registry(invocation).list()
    default = invocation.settings.models.default
    rows = [
        (f"{entry.name}{' (default)' if entry.name == default else ''}", entry.family, entry.licence, entry.description)
        for entry in entries
    ]
    invocation.answer(
        [registered.view(entry) for entry in entries],
        lambda: output.table(("NAME", "FAMILY", "LICENCE", "DESCRIPTION"), rows),
    )
    return exits.OK
