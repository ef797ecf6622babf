"""``mezzotint reload``: the settings of the running daemon."""

from __future__ import annotations

from typing import Any

import typer

from daemon.cli import exits, options, output
from daemon.cli.invocation import Invocation


def command(context: typer.Context, config: options.Config = None, json: options.Json = False) -> int:
    """Have the running daemon read its settings anew.

    What can change without a restart changes at once; the rest is named. With a problem nothing changes and the
    exit code is 78.
    """
    invocation = Invocation.of(context, config, json)
    view = invocation.client.post("/v1/reload")
    invocation.answer(view, lambda: _tell(view))
    return exits.OK


def _tell(view: dict[str, Any]) -> None:
    for key in view["changed"]:
        output.text(f"{key} is in force")
    for key in view["at_restart"]:
        output.text(f"{key} changes when the daemon is restarted")
    if not view["changed"] and not view["at_restart"]:
        output.text("nothing changed")
