"""The screen of ``mezzotint top``: from one look to lines that fit.

What is on it comes from strangers in part (owners, prompts): it goes through :func:`daemon.cli.output.printable` into
cells that know no markup, so that it can neither steer the terminal nor break the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from daemon.cli import output
from daemon.cli.told import age

WHOLE = 10_000
"""As high as it needs to be: for a screen that is printed, not shown."""
BAR = 10
LEAST_ROWS = 2
"""Of each list, on the smallest screen."""
FREE = ("OWNER", "MODEL", "PROMPT")
"""Columns that strangers fill."""
LEAST_WIDTH = 4
GAP = 2
HEADS = 2
"""Lines above the rows of a list."""

Row = Sequence[str]


def render(view: dict[str, Any], width: int, height: int, away: str | None = None) -> RenderableType:
    """The screen in so many columns and lines. ``away`` says why nothing new came."""
    lists = (
        ("RUNNING", ("JOB", "LANE", "OWNER", "MODEL", "PROGRESS", "TIME"), _running(view)),
        ("WAITING", ("JOB", "LANE", "OWNER", "MODEL", "WAITED", "PROMPT"), _waiting(view)),
        ("ENDED", ("JOB", "LANE", "OWNER", "STATE", "DRAWN", "AGO"), _ended(view)),
    )
    above = [*_head(view), *_warnings(view, away)]
    lanes = _lanes(view)
    left = height - len(above) - 1 - len(lanes) - HEADS * sum(bool(rows) for *_, rows in lists)
    shown = _shared([len(rows) for *_, rows in lists], left)
    parts: list[RenderableType] = [*above, _table(("LANE", "QUEUED", "RUNNING", "SHARE", "OLDEST"), lanes, width)]
    for (title, heads, rows), most in zip(lists, shown, strict=True):
        if rows and most > 0:
            more = f"  (and {len(rows) - most} more)" if len(rows) > most else ""
            parts += [Text(f"{title}{more}", style="bold"), _table(heads, rows[:most], width)]
    return Group(*parts)


def _shared(wanted: Sequence[int], room: int) -> list[int]:
    """How many rows each list gets: in turn until all have the least, then the first ones as many as they want."""
    given = [0] * len(wanted)
    for _ in range(LEAST_ROWS):
        for place, each in enumerate(wanted):
            given[place] += given[place] < each and sum(given) < room
    for place, each in enumerate(wanted):
        given[place] += max(0, min(each - given[place], room - sum(given)))
    return given


def _head(view: dict[str, Any]) -> list[Text]:
    status, pace = view["status"], view["status"]["pace"]
    daemon = status["daemon"]
    doing = "paused" if status["paused"] else daemon["state"]
    lines = [f"mezzotint {daemon['version']}  {doing}  up {age(daemon['uptime_s'])}  {view['time'][11:19]} UTC"]
    for engine in status["engines"]:
        if engine["state"] == "freed":
            lines.append("engine  models freed until resumed")
            continue
        batch = pace["steps_per_second"] / pace["forwards_per_second"] if pace["forwards_per_second"] else 0.0
        work = (
            f"batch {batch:.1f}, {pace['forwards_per_second']:.1f} forwards/s, {pace['steps_per_second']:.1f} steps/s"
        )
        lines.append(
            f"engine  {engine['state']}, {engine['model'] or 'no model'}, {work}, busy {pace['busy']:.0%},"
            f" {engine['device'] or 'no device yet'}"
        )
    counts = ", ".join(f"{count} {state}" for state, count in status["queue"].items() if count) or "empty"
    waiting = status["deliveries"]["waiting"]
    lines.append(f"queue   {counts}{f'; {waiting} to deliver' if waiting else ''}")
    return [_line(line) for line in lines]


def _warnings(view: dict[str, Any], away: str | None) -> list[Text]:
    told = [f"away: {away}; waiting for it"] if away is not None else []
    told += [f"degraded: {each['what']}: {each['why']}" for each in view["status"]["degraded"]]
    return [_line(line, "bold red") for line in told[:3]]


def _line(words: str, style: str = "") -> Text:
    return Text(output.printable(words), style=style, no_wrap=True, overflow="ellipsis")


def _lanes(view: dict[str, Any]) -> list[Row]:
    return [
        (
            lane["name"],
            str(lane["queued"]),
            str(lane["running"]),
            "" if lane["share"] is None else f"{lane['share']:.0%}",
            "" if lane["oldest_seconds"] is None else age(lane["oldest_seconds"]),
        )
        for lane in view["status"]["lanes"]
    ]


def _running(view: dict[str, Any]) -> list[Row]:
    return [
        (
            job["id"],
            job["lane"],
            job["owner"],
            job["model"] or "",
            _bar(job["step"], job["steps"]),
            _ago(view, job["started_at"]),
        )
        for job in view["running"]
    ]


def _waiting(view: dict[str, Any]) -> list[Row]:
    return [
        (
            job["id"],
            job["lane"],
            job["owner"],
            job["model"] or "",
            _ago(view, job["queued_at"]),
            output.shortened(job["prompt"], 60),
        )
        for job in view["waiting"]
    ]


def _ended(view: dict[str, Any]) -> list[Row]:
    return [
        (
            ending["id"],
            ending["lane"] or "",
            ending["owner"] or "",
            ending["state"] + (f" ({ending['error_kind']})" if ending["error_kind"] else ""),
            "" if ending["drawing_seconds"] is None else f"{ending['drawing_seconds']:.1f} s",
            _ago(view, ending["ended_at"]),
        )
        for ending in view["endings"]
    ]


def _bar(step: int | None, steps: int | None) -> str:
    if step is None or not steps:
        return f"{'.' * BAR}"
    full = round(BAR * min(1.0, step / steps))
    return f"{'#' * full}{'.' * (BAR - full)} {step}/{steps}"


def _ago(view: dict[str, Any], moment: str | None) -> str:
    """By the daemon's own clock: the one of whoever looks may be another."""
    if moment is None:
        return ""
    return age((datetime.fromisoformat(view["time"]) - datetime.fromisoformat(moment)).total_seconds())


def _table(heads: Row, rows: Sequence[Row], width: int) -> Table:
    """Columns as wide as they need to be, but those of strangers' words only as wide as there is room."""
    cells = [[output.printable(cell) for cell in row] for row in rows]
    wanted = [max(cell_len(row[column]) for row in [list(heads), *cells]) for column in range(len(heads))]
    free = [column for column, head in enumerate(heads) if head in FREE]
    room = width - GAP * len(heads) - sum(each for column, each in enumerate(wanted) if column not in free)
    for number, column in enumerate(free):
        wanted[column] = max(LEAST_WIDTH, min(wanted[column], room // (len(free) - number)))
        room -= wanted[column]
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    for head, each in zip(heads, wanted, strict=True):
        table.add_column(head, no_wrap=True, overflow="ellipsis", width=each)
    for row in cells:
        table.add_row(*map(Text, row))
    return table
