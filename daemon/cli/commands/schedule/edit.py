"""``mezzotint schedule edit``."""

from __future__ import annotations

from typing import Any

from daemon.cli.client import Client
from daemon.cli.commands.schedule import given
from daemon.cli.commands.schedule.ordering import ordering

DESCRIPTION = """Let a schedule say something else.

Takes what "add" takes. It counts from now: nothing of the past is repeated, and its history stays.
"""


def _edit(client: Client, name: str, body: dict[str, Any]) -> Any:
    return client.put(given.place(name), body)


command = ordering(_edit, DESCRIPTION)
