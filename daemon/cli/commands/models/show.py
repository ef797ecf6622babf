"""``mezzotint models show``."""

from __future__ import annotations

import textwrap

import typer

from daemon.cli import exits, options, output
from daemon.cli.commands.models import registered
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context, name: registered.Name, config: options.Config = None, json: options.Json = False
) -> int:
    """Show a model, and the subjects it knows.

    Where it lies, what it draws with by default, and the subjects if it has a list of them.
    """
    invocation = Invocation.of(context, config, json)
    entry = registered.registry(invocation).get(name)
    view = registered.view(entry)
    invocation.answer(view, lambda: _tell(view))
    return exits.OK


def _tell(view: registered.View) -> None:
    output.text(f"{view['name']}: {view['description']}")
    for key in ("family", "revision", "licence", "sha256", "path"):
        if view[key] is not None:
            output.text(f"  {key:9}{view[key]}")
    defaults = ", ".join(f"{name} {value}" for name, value in view["defaults"].items())
    output.text(f"  defaults {defaults}")
    if view["subjects"]:
        output.text(f"\n{len(view['subjects'])} subjects:".strip())
        for line in textwrap.wrap(", ".join(view["subjects"]), 100):
            output.text(f"  {line}")
