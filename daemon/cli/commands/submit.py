"""``mezzotint submit``: queue a job and go on."""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated

import typer

from config.errors import MezzotintError, UserError
from daemon.cli import asking, exits, options, output, told
from daemon.cli.client import segment
from daemon.cli.invocation import Invocation

Lane = Annotated[str, typer.Option("--lane", help="interactive, folder, scheduled or background.")]
Priority = Annotated[int, typer.Option("--priority", help="-100 to 100 among the owner's jobs; higher goes first.")]
Owner = Annotated[
    str | None, typer.Option("--owner", metavar="SOURCE:NAME", help="Whose job it is (default: cli:<your uid>).")
]
Key = Annotated[str | None, typer.Option("--key", help="Submitting again with the same key is the same job.")]
Webhook = Annotated[
    str | None, typer.Option("--webhook", metavar="URL", help="Tell this address when the job ends (a listed host).")
]

Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="KIND:NAME",
        help="For quotas: role:, guild:, channel:, member:, folder: or schedule:NAME; repeatable.",
    ),
]


def command(
    context: typer.Context,
    prompt: options.Prompt,
    lane: Lane = "interactive",
    priority: Priority = 0,
    owner: Owner = None,
    key: Key = None,
    group: Groups = None,
    webhook: Webhook = None,
    seed: options.Seed = None,
    steps: options.Steps = None,
    size: options.Size = None,
    count: options.Count = 1,
    model: options.Model = None,
    scheduler: options.Scheduler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    image: options.Image = None,
    strength: options.Strength = None,
    deterministic: options.Deterministic = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Queue a job and print its id once it is on the disk."""
    invocation = Invocation.of(context, config, json)
    asked = asking.Asked(
        prompt=prompt,
        seed=seed,
        steps=steps,
        size=size,
        count=count,
        model=model,
        scheduler=scheduler,
        guidance=guidance,
        negative=negative,
        image=image,
        strength=strength,
        deterministic=deterministic,
    )
    body = asked.body(invocation.settings.limits.max_image_bytes)
    body |= {"lane": lane, "priority": priority, "owner": owner or asking.owner(), "key": key, "groups": group or []}
    if webhook is not None:
        body["webhook"] = webhook
    try:
        receipt = invocation.client.post("/v1/jobs", body)
    except UserError as error:
        raise asking.refused(error) from None
    invocation.answer({"id": receipt["id"]}, lambda: _tell(invocation, receipt["id"]))
    return exits.OK


def _tell(invocation: Invocation, job_id: str) -> None:
    """The id for scripts, on stdout; its place and when it will be done for whoever looks on.

    Nothing that goes wrong with those is told: the job is accepted.
    """
    output.text(job_id)
    if sys.stderr.isatty():
        with contextlib.suppress(MezzotintError):
            output.note(told.expected(invocation.client.get(f"/v1/jobs/{segment(job_id)}")))
