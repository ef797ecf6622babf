"""The options that say what a schedule is, and the body that the daemon is sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from daemon.cli.asking import Asked
from daemon.cli.exits import UsageError

Cron = Annotated[
    str | None, typer.Option("--cron", metavar="TEXT", help="Minute hour day month weekday, or @daily and its like.")
]
Every = Annotated[str | None, typer.Option("--every", metavar="SPAN", help="A fixed grid from now on: 2s, 5m, 1h, 1d.")]
Calendar = Annotated[
    str | None, typer.Option("--calendar", metavar="TEXT", help="'2 days at 07:30', '2 weeks on mon,thu at 09:00'.")
]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="Once, at an ISO 8601 time.")]
Zone = Annotated[str | None, typer.Option("--tz", metavar="ZONE", help="IANA name (default: that of the machine).")]
CatchUp = Annotated[str, typer.Option("--catch-up", help="What was missed: none, one, all:K, within:30m.")]
Gap = Annotated[str, typer.Option("--gap", help="A local time that clocks leave out in spring: next or skip.")]
Overlap = Annotated[str, typer.Option("--overlap", help="One that they show twice in autumn: first or both.")]
Jitter = Annotated[str | None, typer.Option("--jitter", metavar="SPAN", help="Up to so much later, by chance.")]
Starts = Annotated[str | None, typer.Option("--starts", metavar="TIME", help="Not before.")]
Ends = Annotated[str | None, typer.Option("--ends", metavar="TIME", help="Not after.")]
MaxRuns = Annotated[int | None, typer.Option("--max-runs", help="So many runs at most.")]
MaxInFlight = Annotated[
    int, typer.Option("--max-in-flight", help="While so many have not ended, what is due is skipped.")
]
QuietHours = Annotated[
    str | None, typer.Option("--quiet-hours", metavar="FROM-TO", help="Nothing is due then: 22:00-07:00.")
]
Owner = Annotated[
    str | None, typer.Option("--owner", metavar="SOURCE:NAME", help="Whose jobs they are (default: schedule:NAME).")
]
SeedRule = Annotated[
    str | None, typer.Option("--seed-rule", help="random, fixed, increment (from --seed on) or date (20261124).")
]
Lists = Annotated[
    list[str] | None, typer.Option("--list", metavar="NAME=A,B,...", help="A list for __NAME__ in the prompt.")
]
Evolve = Annotated[bool, typer.Option("--evolve", help="Start each picture from the one before (see --strength).")]
Folder = Annotated[
    Path | None, typer.Option("--folder", metavar="PATH", help="Write results there as well (absolute, the daemon's).")
]
Webhook = Annotated[str | None, typer.Option("--webhook", metavar="URL", help="Tell this address of each result.")]


def body(name: str, asked: Asked, max_image_bytes: int, lists: Sequence[str], **said: Any) -> dict[str, Any]:
    """The schedule as the daemon takes it; the drawing options are checked here first."""
    request = asked.body(max_image_bytes)
    image = request.pop("image_base64", None)
    return {
        "name": name,
        "request": request,
        "image_base64": image,
        "lists": dict(_list(each) for each in lists),
        "target": _target(said.pop("folder"), said.pop("webhook")),
        "evolve": asked.evolve,
        **said,
    }


def _list(text: str) -> tuple[str, list[str]]:
    name, equals, entries = text.partition("=")
    found = [each.strip() for each in entries.split(",") if each.strip()]
    if not equals or not name.strip() or not found:
        raise UsageError(f"--list: {text[:40]!r} is no list", field="list", hint="write --list animals=cat,dog")
    return name.strip(), found


def _target(folder: Path | None, webhook: str | None) -> dict[str, Any]:
    if folder is not None and webhook is not None:
        raise UsageError("--folder and --webhook: only one of them may be given", field="folder")
    if folder is not None:
        return {"kind": "folder", "path": str(folder)}
    return {"kind": "gallery"} if webhook is None else {"kind": "webhook", "url": webhook}
