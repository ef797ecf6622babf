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
            output.shortened(view["request"]["prompt"], 60),
        )
        for view in views
    ]
    output.table(("ID", "STATE", "LANE", "OWNER", "AGE", "PROMPT"), rows)


def since(moment: str, now: datetime | None = None) -> str:
    """How long ago a moment was that the daemon tells."""
    return age(((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds())


def age(seconds: float) -> str:
    """A span of time in one unit."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
