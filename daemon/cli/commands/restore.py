"""``mezzotint restore``: put a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from daemon.cli import checking, exits, follow, options, output
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="SRC", help="A directory that 'mezzotint backup' made.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also over a database that is there: it is moved aside, not deleted.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Verify the backup only.")] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Put a backup into the state directory.

    Every file of it is checked first. No daemon may run; the next one goes on where the backup was made.
    """
    invocation = Invocation.of(context, config, json)
    if check:
        return checking.check(invocation, source)
    settings = invocation.settings
    from daemon import restore

    with follow.bar(wanted=not invocation.as_json) as show:
        done = restore.restore(settings, source.absolute(), checking.telling(show), force=force)
    view = {**checking.summary(source, done.manifest), "state_dir": str(settings.state_dir)}
    view["moved_aside"] = None if done.aside is None else str(done.aside)
    invocation.answer(view, lambda: _tell(view))
    return exits.OK


def _tell(view: dict[str, Any]) -> None:
    output.text(
        f"{view['state_dir']} is as it was at {view['created_at']}: {view['jobs']} jobs, {view['pictures']} pictures"
    )
    if view["moved_aside"]:
        output.text(f"  what was there lies in {view['moved_aside']}; delete it when you like")
    if not view["with_pictures"]:
        output.text("  the backup holds no pictures: those in the state directory were left as they are")
    output.text("  go on with: mezzotint run")
