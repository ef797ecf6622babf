"""``mezzotint check``: what the configuration comes to, and everything that is wrong with it."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator
from typing import Any

import typer

from daemon.cli import exits, options, output
from daemon.cli.invocation import Invocation


def command(context: typer.Context, config: options.Config = None, json: options.Json = False) -> int:
    """Show the effective settings, or every problem at once.

    With a problem the exit code is 78.
    """
    invocation = Invocation.of(context, config, json)
    from config.effective import effective

    shown = effective(invocation.settings)
    invocation.answer({"settings": shown, "problems": []}, lambda: _tell(shown))
    return exits.OK


def _tell(effective: dict[str, Any]) -> None:
    for key, value in _flat(effective):
        output.text(f"{key} = {json_text.dumps(value, ensure_ascii=False)}")
    output.text("no problems")


def _flat(section: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
