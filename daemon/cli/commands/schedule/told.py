"""Schedules in words, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from daemon.cli import output

SHOWN = 20
"""Of the last due times, for people; ``--json`` has them all."""


def line(view: dict[str, Any]) -> tuple[str, ...]:
    """A row of the list."""
    following = view["next"]["local"] if view["next"] and view["state"] == "active" else "-"
    prompt = output.shortened(str(view["request"].get("prompt", "")), 40)
    return view["name"], view["state"], view["explained"], following, str(view["runs"]), prompt


def schedule(view: dict[str, Any]) -> None:
    """What it says and how it stands."""
    output.text(f"{view['name']}  {view['state']}  {view['explained']}")
    if view["paused_why"]:
        output.text(f"  paused because {view['paused_why']}")
    output.text(f"  {output.shortened(str(view['request'].get('prompt', '')), 100)}")
    policies = f"gap {view['gap']}, overlap {view['overlap']}, catch-up {view['catch_up']}"
    output.text(f"  {policies}, at most {view['max_in_flight']} at a time")
    for name in ("starts_at", "ends_at", "max_runs", "quiet_hours"):
        if view[name] is not None:
            output.text(f"  {name.replace('_', ' ')} {view[name]}")
    target = view["target"]
    where = target.get("path") or target.get("url")
    output.text(f"  owner {view['owner']}, {view['runs']} runs{f', results go to {where}' if where else ''}")
    if view["next"] and view["state"] == "active":
        output.text(f"  next {view['next']['local']}  ({view['next']['due']})")


def occurrences(views: Sequence[dict[str, Any]]) -> None:
    """The last due times, the newest last."""
    if not views:
        return
    output.text()
    rows = [
        (
            each["local"],
            each["state"],
            each["job"] or "-",
            f"{each['late_ms'] / 1000:.1f} s late" if (each["late_ms"] or 0) >= 1000 else "",
            output.shortened(each["why"] or "", 70),
        )
        for each in views[-SHOWN:]
    ]
    output.table(("DUE", "STATE", "JOB", "", "WHY"), rows)


def runs(views: Sequence[dict[str, Any]]) -> None:
    """Due times to come."""
    if not views:
        output.text("nothing is due any more")
        return
    rows = [
        (each["local"], each["due"], str(each["n"]), output.shortened(each["prompt"], 50), each["note"])
        for each in views
    ]
    output.table(("LOCAL", "UTC", "N", "PROMPT", "NOTE"), rows)
