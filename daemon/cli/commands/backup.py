"""``mezzotint backup``: a copy of everything that is remembered, while everything goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from config import file
from config.errors import FatalError
from daemon import words
from daemon.cli import checking, exits, follow, options, output, private
from daemon.cli.exits import UsageError
from daemon.cli.invocation import Invocation


def command(
    context: typer.Context,
    destination: Annotated[
        Path, typer.Argument(metavar="DEST", help="A new directory, or one in which to make one named by the time.")
    ],
    no_pictures: Annotated[bool, typer.Option("--no-pictures", help="The database and settings only.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Verify the backup DEST instead, and write nothing.")] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Back up the queue, its history and the pictures.

    The running daemon does it, and goes on drawing; without one it is done all the same.
    """
    invocation = Invocation.of(context, config, json)
    if check:
        return checking.check(invocation, destination)
    body: dict[str, Any] = {"path": str(destination.absolute()), "pictures": not no_pictures, **_config(invocation)}
    with follow.bar(wanted=not invocation.as_json) as show, private.daemon(invocation, draws=False) as client:
        made = checking.result(client.lines("/v1/backups", body), "backup", show)
    _look_for(Path(made["path"]))
    invocation.answer(made, lambda: _tell(made))
    return exits.OK


def _look_for(made: Path) -> None:
    """The daemon may have a ``/tmp`` of its own, as under systemd: what it wrote there nobody else sees."""
    try:
        made.lstat()
    except (FileNotFoundError, NotADirectoryError):
        raise FatalError(
            f"the daemon wrote the backup to {made}, but there is nothing to be seen here: "
            "it sees other directories under that name",
            hint="a service has a /tmp of its own, which goes with it: back up again to a directory that both see",
        ) from None
    except OSError:
        pass  # a directory of the service that the caller may not look into


def _config(invocation: Invocation) -> dict[str, str]:
    """Read here, with the rights of the caller, who also knows which file it is."""
    path = file.find(invocation.config, invocation.settings.state_dir, file.SYSTEM)
    if path is None:
        return {}
    try:
        return {"config": path.read_text(), "config_path": os.path.abspath(path)}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the configuration {path} can't be read: {error}") from None


def _tell(made: dict[str, Any]) -> None:
    output.text(made["path"])
    output.text(
        f"  {made['jobs']} jobs, {made['pictures']} pictures, {words.size(made['bytes'])}, {made['seconds']:.1f} s"
    )
    if made["missing"] or made["damaged"]:
        output.complaint(
            f"{made['missing']} files were missing and {made['damaged']} were not as recorded",
            "manifest.json in the backup names them; an earlier backup may have them",
        )
