"""What is sent: a job that has ended, as the native API shows it, without places of this machine."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from daemon.service import Job, JobError, Picture

OWN = frozenset({"url", "events", "pictures"})
"""Parts of an address that say how to deliver; the rest is details for the receiver."""
_PATH = re.compile(r"(?<![\w/.])/(?:[^\s/:;,'\"()]+/)*[^\s/:;,'\"()]+/?")


def body(job: Job, details: Mapping[str, Any], files: Sequence[bytes] | None) -> bytes:
    """The message as JSON. ``details`` go with the origin; ``files`` are the pictures' PNG, if they are sent along."""
    data = {
        "id": job.id,
        "state": job.state,
        "lane": job.lane,
        "priority": job.priority,
        "owner": job.owner,
        "origin": {"source": job.origin.source, **details},
        "attempts": job.attempt,
        "error": None if job.error is None else _error(job.error),
        "request": job.request.model_dump(mode="json"),
        "pictures": [
            _picture(picture, None if files is None else files[number]) for number, picture in enumerate(job.pictures)
        ],
        "queued_at": _moment(job.queued_at),
        "started_at": _moment(job.started_at),
        "finished_at": _moment(job.finished_at),
    }
    message = {"type": f"job.{job.state}", "timestamp": data["finished_at"], "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _picture(picture: Picture, data: bytes | None) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": picture.id,
        "index": picture.index,
        "sha256": picture.sha256,
        "pixels_sha256": picture.pixels_sha256,
        "seed": picture.seed,
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
    }
    if data is not None:
        view["png_base64"] = base64.b64encode(data).decode()
    return view


def _error(error: JobError) -> dict[str, str | None]:
    hint = None if error.hint is None else _without_paths(error.hint)
    return {"kind": error.kind, "message": _without_paths(error.message), "field": error.field, "hint": hint}


def _without_paths(text: str) -> str:
    """Where something lies on this machine is nobody's business."""
    return _PATH.sub("…", text)


def _moment(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
