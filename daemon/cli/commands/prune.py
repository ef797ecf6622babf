"""``mezzotint prune``: remove what is old."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from daemon import words
from daemon.cli import checking, exits, follow, options, output, private
from daemon.cli.exits import UsageError
from daemon.cli.invocation import Invocation
from daemon.cli.times import span

ENDED = ("done", "failed", "cancelled", "dead")


def command(
    context: typer.Context,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="SPAN", help="Jobs that ended longer ago: 30d, 12h, 45m.")
    ] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Of these states only: done, failed, cancelled, dead (with commas).")
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="SOURCE:NAME", help="Of this owner only ('folder:*': of all such).")
    ] = None,
    origin: Annotated[
        str | None, typer.Option("--origin", metavar="SOURCE", help="That came from there only: folder, webhook, cli.")
    ] = None,
    keep: Annotated[int | None, typer.Option("--keep", min=0, help="Keep so many of the newest that match.")] = None,
    retention: Annotated[
        bool, typer.Option("--retention", help="What the rules of [retention] in the settings let go.")
    ] = False,
    unreferenced_inputs: Annotated[
        bool, typer.Option("--unreferenced-inputs", help="Input pictures from which no job starts any more.")
    ] = False,
    quarantine: Annotated[bool, typer.Option("--quarantine", help="Files that were set aside after a crash.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Remove ended jobs with their pictures and their history.

    Never: jobs that have not ended or whose result is still to be delivered, and pictures from which another job that
    stays was made.
    """
    invocation = Invocation.of(context, config, json)
    body = {
        "ended_before": None if older_than is None else int(time.time() * 1000) - span("--older-than", older_than),
        "states": None if state is None else _states(state),
        "owner": owner,
        "origin": origin,
        "retention": retention,
        "keep": keep,
        "unreferenced_inputs": unreferenced_inputs,
        "quarantine": quarantine,
        "dry_run": dry_run,
    }
    if not any((older_than, state, owner, origin, keep is not None, retention, unreferenced_inputs, quarantine)):
        raise UsageError("say what to prune", hint="for example: mezzotint prune --older-than 30d --dry-run")
    with follow.bar(wanted=not invocation.as_json) as show, private.daemon(invocation, draws=False) as client:
        done = checking.result(client.lines("/v1/prunes", body), "pruned", show)
    invocation.answer(done, lambda: _tell(done))
    return exits.OK


def _states(text: str) -> list[str]:
    states = [each.strip() for each in text.split(",")]
    if wrong := [each for each in states if each not in ENDED]:
        raise UsageError(f"--state: {wrong[0]!r} is none of {', '.join(ENDED)}", field="state")
    return states


def _tell(done: dict[str, Any]) -> None:
    output.text("would remove" if done["dry_run"] else "removed")
    output.text(
        f"  {done['jobs']} jobs with {done['pictures']} pictures ({words.size(done['bytes'])}), {done['orders']} orders"
    )
    if done["jobs"]:
        output.text(f"  accepted from {done['oldest']} to {done['newest']}")
    for each in done["rules"]:
        output.text(f"  rule {each['number']} ({each['says']}): {each['jobs']} jobs, {words.size(each['bytes'])}")
    output.text(f"  {done['inputs']} input pictures ({words.size(done['input_bytes'])})")
    output.text(f"  {done['quarantined']} files set aside ({words.size(done['quarantined_bytes'])})")
    if not done["dry_run"]:
        output.text(f"  the database file shrank by {words.size(done['given_back'])}")
