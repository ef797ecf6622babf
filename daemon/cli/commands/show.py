"""``mezzotint show``: everything about a job."""

from __future__ import annotations

import typer

from daemon.cli import exits, options, told
from daemon.cli.client import segment
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context, job: options.JobId, config: options.Config = None, json: options.Json = False
) -> int:
    """Show everything about a job."""
    invocation = Invocation.of(context, config, json)
    view = invocation.client.get(f"/v1/jobs/{segment(job)}")
    invocation.answer(view, lambda: told.job(view))
    return exits.OK
