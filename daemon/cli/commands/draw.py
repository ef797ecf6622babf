"""``mezzotint draw``: words in, the path of a picture out."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from config.errors import FatalError, MezzotintError, UserError
from daemon.cli import asking, exits, follow, options, output, private
from daemon.cli.client import Client, segment
from daemon.cli.destination import Destination
from daemon.cli.exits import LostDaemonError, NoDaemonError
from daemon.cli.invocation import Invocation

DAEMONS = 5
"""A job outlives the daemon that took it: so many daemons are asked for it before this command gives up."""


def command(
    context: typer.Context,
    prompt: options.Prompt,
    out: Annotated[Path | None, typer.Option("--out", metavar="PATH", help="Copy to this file or directory.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --out overwrite a file.")] = False,
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
    """Draw a picture now and print its path.

    Uses the daemon that runs; when none does, one is started for this picture alone. Ctrl-C cancels the job.
    """
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
    destination = Destination(out, force) if out is not None else None
    if destination is not None:
        destination.check(count)
    # With a key of its own the job is the same one when it has to be asked for twice.
    body |= {"owner": asking.owner(), "key": f"draw-{secrets.token_hex(12)}"}
    job, paths = _drawn(invocation, body, destination)
    _must_be_done(job)
    invocation.answer({**job, "paths": paths}, lambda: output.block("\n".join(paths)))
    return exits.OK


def _drawn(
    invocation: Invocation, body: dict[str, Any], destination: Destination | None
) -> tuple[dict[str, Any], list[str]]:
    for _ in range(DAEMONS):
        try:
            with follow.bar(wanted=not invocation.as_json) as show, private.daemon(invocation) as client:
                job = _followed(client, body, show)
                return job, _paths(client, job, destination)
        except (LostDaemonError, NoDaemonError):
            continue
    raise LostDaemonError("one daemon after the other went away while it drew this", hint="see: mezzotint doctor")


def _followed(client: Client, body: dict[str, Any], show: follow.Show) -> dict[str, Any]:
    try:
        job_id = str(client.post("/v1/jobs", body)["id"])
    except UserError as error:
        raise asking.refused(error) from None
    try:
        if client.get("/v1/status")["paused"]:
            output.complaint("the queue is paused, so this waits", "start it again with: mezzotint resume")
        return follow.to_the_end(client, job_id, show)
    except KeyboardInterrupt:
        _cancel(client, job_id)
        raise


def _cancel(client: Client, job_id: str) -> None:
    try:
        client.post(f"/v1/jobs/{segment(job_id)}/cancel", timeout=5)
        output.complaint(f"job {job_id} was cancelled")
    except MezzotintError as error:
        output.complaint(f"job {job_id} could not be cancelled: {error.message}")


def _paths(client: Client, job: dict[str, Any], destination: Destination | None) -> list[str]:
    pictures = job["pictures"]
    if destination is None or job["state"] != "done":
        return [str(picture["path"]) for picture in pictures]
    # Over the socket, not from the file: the daemon's pictures may belong to another user.
    files = [(str(each["id"]), client.fetch(f"/v1/pictures/{segment(each['id'])}")) for each in pictures]
    return [str(path) for path in destination.write(files)]


def _must_be_done(job: dict[str, Any]) -> None:
    if job["state"] == "done":
        return
    said = job["error"] or {}
    if job["state"] == "cancelled":
        raise UserError(f"job {job['id']} was cancelled")
    kind = UserError if said.get("kind") == "user" else FatalError
    message = said.get("message") or f"job {job['id']} ended as {job['state']}"
    raise kind(message, field=said.get("field"), hint=said.get("hint") or f"see: mezzotint show {job['id']}")
