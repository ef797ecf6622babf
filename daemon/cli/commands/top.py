"""``mezzotint top``: everything on one screen, live."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Annotated, Any

import typer

from daemon.cli import exits, options
from daemon.cli.client import Client
from daemon.cli.exits import LostDaemonError, NoDaemonError
from daemon.cli.invocation import Invocation

EVERY_SECONDS = 1.0

Once = Annotated[bool, typer.Option("--once", help="Print one screen and end.")]


def command(
    context: typer.Context, once: Once = False, config: options.Config = None, json: options.Json = False
) -> int:
    """Watch the service: the engine, the lanes, what is drawn, what waits and what ended, until Ctrl-C.

    Where nobody looks, in a pipe, one screen is printed. With --json it is one document.
    """
    invocation = Invocation.of(context, config, json)
    client = invocation.client
    first = _look(client)
    if invocation.as_json or once or not sys.stdout.isatty():
        invocation.answer(first, lambda: _print(first))
        return exits.OK
    with contextlib.suppress(KeyboardInterrupt):
        _live(client, first)
    return exits.OK


def _look(client: Client) -> dict[str, Any]:
    return dict(client.get("/v1/overview", most=50))


def _print(view: dict[str, Any]) -> None:
    from rich.console import Console

    from daemon.cli import screen

    console = Console(highlight=False, markup=False, emoji=False)
    console.print(screen.render(view, console.width, screen.WHOLE))


def _live(client: Client, view: dict[str, Any]) -> None:
    """A frame a second. While the daemon is away the last one stands, and says so."""
    from rich.console import Console
    from rich.live import Live

    from daemon.cli import screen

    console = Console(highlight=False, markup=False, emoji=False)
    away: str | None = None
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            live.update(screen.render(view, console.width, console.height, away), refresh=True)
            time.sleep(EVERY_SECONDS)
            try:
                view, away = _look(client), None
            except (LostDaemonError, NoDaemonError) as error:
                client.close()
                away = error.message
