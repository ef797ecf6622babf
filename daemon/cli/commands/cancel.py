"""``mezzotint cancel``: end a job."""

from __future__ import annotations

import typer

from daemon.cli import exits, options, output
from daemon.cli.client import segment
from daemon.cli.invocation import Invocation

_SAID = {"running": "will be cancelled at its next step", "cancelled": "is cancelled"}


def command(
    context: typer.Context, job: options.JobId, config: options.Config = None, json: options.Json = False
) -> int:
    """End a job.

    At once when it waits, at its next step when it runs. One that has ended stays as it is.
    """
    invocation = Invocation.of(context, config, json)
    view = invocation.client.post(f"/v1/jobs/{segment(job)}/cancel")
    said = _SAID.get(view["state"], f"has ended already: {view['state']}")
    invocation.answer(view, lambda: output.text(f"{view['id']} {said}"))
    return exits.OK
