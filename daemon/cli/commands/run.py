"""``mezzotint run``: the daemon itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from daemon import words
from daemon.cli import exits, options, output
from daemon.cli.invocation import Invocation

if TYPE_CHECKING:
    from frontends.watch_folder import Summary


def command(
    context: typer.Context,
    private: Annotated[
        bool, typer.Option("--private", help="Stop when standard input ends (so does whoever holds it).", hidden=True)
    ] = False,
    oneshot: Annotated[
        bool, typer.Option("--oneshot", help="Carry out what lies in the watched folders, then end.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be queued of it; touch nothing, start nothing.")
    ] = False,
    only_keep: Annotated[bool, typer.Option("--only-keep", help="Start no engine and no job.", hidden=True)] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Run the daemon in the foreground.

    It logs to stderr, a JSON object a line.

    With --oneshot it waits until the files in the watched folders have settled, draws, delivers, moves them to done/ or
    failed/ and ends: with 0 when all went well, with 1 when anything failed or had to be left (a file that
    does not settle in a minute or so is left and named), with 75 when a daemon runs already.
    """
    invocation = Invocation.of(context, config, json)
    if dry_run:
        if oneshot or private:
            raise exits.UsageError("--dry-run goes with no other way to run")
        from daemon.cli import rehearse

        unmade = rehearse.not_yet_made(invocation.settings)
        planned = rehearse.plan(invocation.settings)
        invocation.answer(rehearse.view(planned), lambda: rehearse.tell(planned, unmade))
        return exits.OK
    settings = invocation.settings
    from daemon import app
    from daemon.manner import Manner

    def over(summary: Summary) -> None:
        invocation.answer(asdict(summary), lambda: _tell(summary))

    manner = Manner(private=private, draws=not only_keep, once=over if oneshot else None)
    return app.run(settings, invocation.load, manner)


def _tell(summary: Summary) -> None:
    for name in summary.failed:
        output.text(f"failed  {name}")
    for name, why in summary.left.items():
        output.text(f"left    {name}: {why}")
    output.text(f"{words.counted(summary.done, 'file')} done, {len(summary.failed)} failed, {len(summary.left)} left")
