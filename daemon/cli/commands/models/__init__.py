"""Commands about the model registry. They work on its file, with or without a daemon."""

from __future__ import annotations

import typer

from daemon.cli import options
from daemon.cli.group import lazy, plain
from daemon.cli.invocation import Invocation

COMMANDS = ("list", "show", "add", "pull", "check", "remove")

GROUP = plain("models", cls=lazy("daemon.cli.commands.models", COMMANDS), invoke_without_command=True)


@GROUP.callback()
def models(context: typer.Context, config: options.Config = None, json: options.Json = False) -> None:
    """List, check, add, fetch and remove models."""
    context.obj = Invocation.of(context, config, json)
    context.obj.must_go_on(context)
