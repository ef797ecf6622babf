"""Commands about recurring orders. They need the daemon that carries them out, or a private one to write for it."""

from __future__ import annotations

import typer

from daemon.cli import options
from daemon.cli.group import lazy, plain
from daemon.cli.invocation import Invocation

COMMANDS = ("add", "edit", "list", "show", "next", "pause", "resume", "run", "remove")

GROUP = plain("schedule", cls=lazy("daemon.cli.commands.schedule", COMMANDS), invoke_without_command=True)


@GROUP.callback()
def schedule(context: typer.Context, config: options.Config = None, json: options.Json = False) -> None:
    """Draw again and again: by cron text, at intervals, by the calendar, or once later."""
    context.obj = Invocation.of(context, config, json)
    context.obj.must_go_on(context)
