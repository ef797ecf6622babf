"""``mezzotint retry``: queue a job once more."""

from __future__ import annotations

import typer

from daemon.cli import exits, options, output
from daemon.cli.client import segment
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context, job: options.JobId, config: options.Config = None, json: options.Json = False
) -> int:
    """Queue a failed, dead or cancelled job again.

    Its attempts are counted anew.
    """
    invocation = Invocation.of(context, config, json)
    view = invocation.client.post(f"/v1/jobs/{segment(job)}/retry")
    invocation.answer(view, lambda: output.text(f"{view['id']} is {view['state']}"))
    return exits.OK
