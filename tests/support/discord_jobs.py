"""Jobs as the layouts of the Discord bot are given them."""

from __future__ import annotations

from typing import Any

from support.requests import settled

from daemon.service import Job, Origin, Picture

NOW = 1_700_000_000_000
JOB = "0123456789abcdef"
ADDRESS = {
    "post": "0123456789abcdeg",
    "guild": "1",
    "channel": "2",
    "user": "3",
    "locale": "en-US",
    "private": False,
    "spoiler": False,
}


def picture(index: int = 0, **fields: Any) -> Picture:
    usual: dict[str, Any] = {
        "id": f"fedcba987654{index:04}",
        "job_id": JOB,
        "index": index,
        "path": f"pictures/{index}.png",
        "sha256": "ab" * 32,
        "pixels_sha256": "cd" * 32,
        "seed": 1 + index,
        "width": 64,
        "height": 64,
        "bytes": 1000,
        "facts": {},
        "created_at": NOW,
    }
    return Picture(**{**usual, **fields})


def job(state: str = "done", *, request: dict[str, Any] | None = None, **fields: Any) -> Job:
    """A job of a user in a guild; ``request`` are fields of its request."""
    asked = settled(**(request or {}))
    usual: dict[str, Any] = {
        "id": JOB,
        "state": state,
        "lane": "interactive",
        "owner": "discord:3",
        "origin": Origin("discord", ADDRESS),
        "priority": 0,
        "attempt": 1,
        "alone": False,
        "request": asked,
        "request_hash": "0" * 64,
        "error": None,
        "pictures": tuple(picture(index) for index in range(asked.count)) if state == "done" else (),
        "queued_at": NOW - 3_000,
        "started_at": None,
        "finished_at": None,
        "not_before": None,
        "cancel_requested": False,
        "order_id": None,
        "line": None,
        "parent": None,
    }
    return Job(**{**usual, **fields})
