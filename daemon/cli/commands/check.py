"""``mezzotint check``: what the configuration comes to, where it comes from, and what is wrong or risky about it."""

from __future__ import annotations

import json as json_text
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from daemon import words
from daemon.cli import exits, options, output
from daemon.cli.invocation import Invocation

if TYPE_CHECKING:
    from config.errors import Problem
    from config.origins import Origins


def command(context: typer.Context, config: options.Config = None, json: options.Json = False) -> int:
    """Show the effective settings and where each comes from, or every problem at once.

    With a problem the exit code is 78. A warning names what is allowed and risky; it changes no exit code.
    """
    invocation = Invocation.of(context, config, json)
    settings = invocation.settings
    from config import origins
    from config.effective import effective
    from daemon.risks import risks

    read = origins.read(invocation.config, os.environ)
    shown, warnings = effective(settings), risks(settings, read)
    view = {
        "settings": shown,
        "problems": [],
        "sources": {".".join(location): read.of(location) for location, _ in origins.leaves(shown)},
        "warnings": [asdict(warning) for warning in warnings],
    }
    invocation.answer(view, lambda: _tell(shown, read, warnings))
    return exits.OK


def _tell(effective: dict[str, Any], read: Origins, warnings: list[Problem]) -> None:
    from config.origins import leaves

    for location, value in leaves(effective):
        line = f"{'.'.join(location)} = {json_text.dumps(value, ensure_ascii=False)}"
        output.text(f"{line}  # {read.of(location)}")
    for warning in warnings:
        output.text(f"warning: {warning.key}: {warning.message}")
        if warning.hint:
            output.text(f"         {warning.hint}")
    count = f", {words.counted(len(warnings), 'warning')}" if warnings else ""
    output.text(f"no problems{count}")
