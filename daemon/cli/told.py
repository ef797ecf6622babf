"""Jobs in words, for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from daemon.cli import output

_SHOWN_REQUEST = ("model", "width", "height", "count", "steps", "guidance_scale", "scheduler", "seed", "deterministic")


def job(view: dict[str, Any]) -> None:
    """Everything about one job."""
    request = view["request"]
    output.text(f"{view['id']}  {view['state']}  {output.shortened(request['prompt'], 70)}")
    output.text(f"  lane {view['lane']}, owner {view['owner']}, attempts {view['attempts']}")
    if outlook := expected(view):
        output.text(f"  {outlook}")
    told = [f"{name} {request[name]}" for name in _SHOWN_REQUEST if request.get(name) not in (None, False)]
    output.text(f"  {', '.join(told)}")
    for name in ("queued_at", "started_at", "finished_at"):
        if view[name]:
            output.text(f"  {name.removesuffix('_at'):8} {view[name]}")
    if view["error"]:
        output.text(f"  error: {view['error']['message']}")
        if view["error"].get("hint"):
            output.text(f"    {view['error']['hint']}")
    for picture in view["pictures"]:
        output.text(f"  {picture['path']}  ({picture['width']}x{picture['height']}, seed {picture['seed']})")


def jobs(views: Sequence[dict[str, Any]]) -> None:
    """A line a job."""
    if not views:
        output.text("no jobs")
        return
    now = datetime.now(UTC)
    rows = [
        (
            view["id"],
            view["state"],
            view["lane"],
            view["owner"],
            since(view["queued_at"], now),
            about(view["eta_s"]) if view["eta_s"] is not None else "",
            output.shortened(view["request"]["prompt"], 60),
        )
        for view in views
    ]
    output.table(("ID", "STATE", "LANE", "OWNER", "AGE", "DONE IN", "PROMPT"), rows)


def expected(view: dict[str, Any]) -> str:
    """When a job will be done and its place among those that wait; empty where nothing can be said."""
    eta, position = view["eta_s"], view["position"]
    place = None if position is None else f"{ordinal(position)} in line"
    if eta is None:
        return place or ""
    return f"done in {about(eta)}{f' ({place})' if place else ''}"


def about(seconds: float) -> str:
    """A span that is not known exactly."""
    for size, unit, step in ((86_400, "d", 0.5), (3_600, "h", 0.5), (60, "min", 1)):
        if seconds >= 2 * size:
            return f"about {round(seconds / size / step) * step:g} {unit}"
    step = 10 if seconds >= 30 else 5 if seconds >= 10 else 1
    return f"about {max(1, round(seconds / step)) * step:g} s"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    last = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{last}"


def since(moment: str, now: datetime | None = None) -> str:
    """How long ago a moment was that the daemon tells."""
    return age(((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds())


def age(seconds: float) -> str:
    """A span of time in one unit."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
