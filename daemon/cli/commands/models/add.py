"""``mezzotint models add``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli import exits, options, output
from daemon.cli.commands.models import registered
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context,
    name: registered.Name,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder in the layout of diffusers.")],
    licence: Annotated[str | None, typer.Option("--licence", help="Recorded with every picture.")] = None,
    revision: Annotated[str | None, typer.Option("--revision", help="The commit it was fetched at; recorded.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="For people.")] = None,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Check a model folder and register it.

    It stays where it is.
    """
    invocation = Invocation.of(context, config, json)
    entry = registered.registry(invocation).add(name, path, licence=licence, revision=revision, description=description)
    invocation.answer(registered.view(entry), lambda: output.text(f"{entry.name} is registered: {entry.path}"))
    return exits.OK
