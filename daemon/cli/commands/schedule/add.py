"""``mezzotint schedule add``."""

from __future__ import annotations

from typing import Any

from daemon.cli.client import Client
from daemon.cli.commands.schedule.ordering import ordering

DESCRIPTION = """Set up a recurring order and print when it is due next.

In prompts {date}, {time}, {weekday}, {n}, {red|green} and __LIST__ are filled in each time; {{ is the sign itself.
"""


def _add(client: Client, name: str, body: dict[str, Any]) -> Any:
    return client.post("/v1/schedules", body)


command = ordering(_add, DESCRIPTION)
