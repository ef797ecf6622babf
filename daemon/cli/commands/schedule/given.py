"""What the commands about schedules share: the name, and saying what the daemon refused in the words of the options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from config.errors import ConflictError, NotFoundError, UserError
from daemon.cli import asking, private
from daemon.cli.client import Client, segment
from daemon.cli.exits import UsageError
from daemon.cli.invocation import Invocation

Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.", show_default=False)]

OPTIONS = {
    "time_zone": "tz",
    "catch_up": "catch-up",
    "starts_at": "starts",
    "ends_at": "ends",
    "max_runs": "max-runs",
    "max_in_flight": "max-in-flight",
    "quiet_hours": "quiet-hours",
    "seed_rule": "seed-rule",
    "lists": "list",
    "path": "folder",
    "url": "webhook",
    "webhook": "webhook",
    **{name: name for name in ("cron", "every", "calendar", "at", "gap", "overlap", "jitter", "owner", "from", "n")},
}
"""Fields of a schedule, and the options that set them."""


@contextmanager
def daemon(invocation: Invocation) -> Iterator[Client]:
    """The daemon that runs, else one of our own that only keeps the store: schedules can be set up before a start."""
    try:
        with private.daemon(invocation, draws=False) as client:
            yield client
    except (NotFoundError, ConflictError):
        raise
    except UserError as error:
        raise refused(error) from None


def place(name: str, *more: str) -> str:
    """The address of a schedule."""
    return "/".join(("/v1/schedules", segment(name), *more))


def refused(error: UserError) -> UsageError:
    """What the daemon says of a field, said of its option."""
    if error.field not in OPTIONS:
        return asking.refused(error)
    message = error.message
    if message.startswith(f"{error.field}:"):
        message = f"--{OPTIONS[error.field]}{message.removeprefix(error.field)}"
    return UsageError(message, field=error.field, hint=error.hint)
