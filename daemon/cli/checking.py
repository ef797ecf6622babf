"""What backup, restore and prune have in common: following long work, and looking at a backup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.errors import BusyError, FatalError, UserError
from daemon import words
from daemon.cli import exits, follow, output
from daemon.cli.exits import LostDaemonError
from daemon.cli.follow import Show
from daemon.cli.invocation import Invocation


def result(lines: Iterator[dict[str, Any]], wanted: str, show: Show) -> dict[str, Any]:
    """The last word of long work, its progress shown; an error of it is raised as what it was there."""
    kinds: dict[str, Any] = {"user": UserError, "retryable": BusyError, "fatal": FatalError}
    for line in lines:
        if line["event"] == "doing":
            show(line["doing"], line["done"], line["total"])
        elif line["event"] == "error":
            said = line["error"]
            raise kinds[said["kind"]](said["message"], field=said.get("field"), hint=said.get("hint"))
        elif line["event"] == wanted:
            found: dict[str, Any] = line[wanted]
            return found
    raise LostDaemonError


def check(invocation: Invocation, source: Path) -> int:
    """Verify a backup and say what it holds."""
    from daemon import restore

    with follow.bar(wanted=not invocation.as_json) as show:
        found = restore.examine(source.absolute(), telling(show))
    view = summary(source, found)
    invocation.answer(view, lambda: tell(view))
    return exits.OK


def summary(source: Path, found: Any) -> dict[str, Any]:
    """A backup as a document."""
    return {
        "path": str(source.absolute()),
        "schema": found.schema,
        "created_at": found.created_at,
        "version": found.version,
        "jobs": found.jobs,
        "pictures": found.pictures,
        "with_pictures": found.with_pictures,
        "files": found.files,
        "bytes": found.bytes,
        "missing": list(found.missing),
        "damaged": list(found.damaged),
    }


def tell(view: dict[str, Any]) -> None:
    """The same in words."""
    output.text(f"{view['path']} is whole")
    output.text(f"  of {view['created_at']}, by version {view['version']}, schema {view['schema']}")
    output.text(f"  {view['jobs']} jobs, {view['pictures']} pictures, {words.size(view['bytes'])}")
    if view["missing"] or view["damaged"]:
        output.text(f"  {len(view['missing'])} missing and {len(view['damaged'])} damaged already when it was made")


def telling(show: Show) -> Any:
    """Shows on a terminal how far it is."""
    from storage.backup.copying import Going

    class Shown(Going):
        def on(self, doing: str | None = None, *, done: int | None = None, total: int | None = None) -> None:
            super().on(doing, done=done, total=total)
            show(self.doing, self.done, self.total)

    return Shown()
