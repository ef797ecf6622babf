"""``mezzotint models pull``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli import exits, options, output
from daemon.cli.commands.models import registered
from daemon.cli.invocation import Invocation

if TYPE_CHECKING:
    from pipeline.models.pull.order import Plan

MAX_BYTES = 200 * 10**9
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
TRUE = frozenset({"1", "ON", "YES", "TRUE"})


def command(
    context: typer.Context,
    repository: Annotated[str, typer.Argument(metavar="REPO", help="OWNER/MODEL on the hub.")],
    name: Annotated[str | None, typer.Option("--name", help="What it is called here; else the repository's.")] = None,
    revision: Annotated[str, typer.Option("--revision", help="A branch, tag or commit.")] = "main",
    variant: Annotated[
        str | None, typer.Option("--variant", help="Weights of this kind where there are: fp16.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="Where its folder is put.")] = None,
    licence: Annotated[str | None, typer.Option("--licence", help="Recorded with every picture.")] = None,
    endpoint: Annotated[str | None, typer.Option("--endpoint", metavar="URL", help="Another hub.")] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="PATH", help="Holds a hub's token.")
    ] = None,
    max_bytes: Annotated[int, typer.Option("--max-bytes", help="Refuse a larger model.")] = MAX_BYTES,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Fetch a model from a hub, check it and register it.

    The one command that reaches a hub. What is killed goes on where it was when called again.
    """
    invocation = Invocation.of(context, config, json)
    _must_be_online()
    from pipeline.models.pull import order as orders
    from pipeline.models.pull.hub import Hub

    hub = Hub(endpoint, _token(token_file))
    with _bar(wanted=not json) as (begin, moved):
        order = orders.Order(
            repository=repository,
            name=name or orders.default_name(repository),
            revision=revision,
            directory=(to or invocation.settings.models_directory).expanduser().absolute(),
            variant=variant,
            licence=licence,
            max_bytes=max_bytes,
            spare_bytes=invocation.settings.storage.min_free_bytes,
            may=lambda plan: _agreed(plan, quiet=json, yes=yes) and begin(plan.bytes),
            moved=moved,
        )
        entry, fetched = orders.carry_out(order, hub, registered.registry(invocation))
    if entry is None:
        return exits.FAILED
    told = "is registered" if fetched else "is here already"
    invocation.answer(
        {**registered.view(entry), "fetched": fetched},
        lambda: output.text(f"{entry.name} {told}: {entry.path}, commit {entry.revision}"),
    )
    return exits.OK


def _must_be_online() -> None:
    for variable in OFFLINE:
        if os.environ.get(variable, "").upper() in TRUE:
            raise exits.UsageError(
                f"{variable} is set, so that nothing may be fetched",
                hint=f"for this one command: env -u {variable} mezzotint models pull ...",
            )


def _token(file: Path | None) -> str | None:
    from config import credentials

    if file is None:
        token = credentials.read("hub-token", os.environ)
    else:
        try:
            token = credentials.read_file(file)
        except FileNotFoundError:
            raise exits.UsageError(f"--token-file: there is no {file}") from None
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise exits.UsageError("the hub's token is none: it holds white space or other than ASCII")
    return token


def _agreed(plan: Plan, *, quiet: bool, yes: bool) -> bool:
    """Show what comes; ask only where a person can answer."""
    if quiet:
        return True
    sys.stderr.write(
        output.printable(
            f"{plan.listing.repository} at {plan.listing.commit}: {len(plan.wanted)} files, {_size(plan.bytes)}"
            f" ({_size(plan.missing_bytes)} to fetch), licence: {plan.listing.licence or 'not stated'}"
        )
        + f"\n  into {output.printable(str(plan.target))}\n"
    )
    if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    return typer.confirm("Fetch it?", default=True, err=True)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 10**8 else f"{count / 1e6:.1f} MB"


@contextmanager
def _bar(*, wanted: bool) -> Iterator[tuple[Callable[[int], bool], Callable[[int], None]]]:
    """How to begin a progress bar of so many bytes on stderr, and how to move it; nothing if that is no terminal."""
    if not (wanted and sys.stderr.isatty()):
        yield lambda total: True, lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)

    def begin(total: int) -> bool:
        progress.add_task("fetching", total=total)
        progress.start()  # not before: it would draw over the question
        return True

    def moved(count: int) -> None:
        for task in progress.task_ids:
            progress.advance(task, count)

    try:
        yield begin, moved
    finally:
        progress.stop()
