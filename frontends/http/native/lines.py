"""How an event looks as a line of the stream.

Plain, as ever: ``changed``, ``progress``, ``missed`` and ``heartbeat``. In detail each line has its ``time`` (UTC) and
names its job as ``job``, and what happens beside the jobs is told as well.
"""

from __future__ import annotations

import base64
from typing import Any

from daemon.service import (
    ConditionChanged,
    DeliveryTried,
    EngineChanged,
    Event,
    JobChanged,
    JobProgress,
    Missed,
    ModelChanged,
    QueueHeld,
    SubmissionRefused,
)
from frontends.http.native import views

_NAMES: dict[type[Any], str] = {
    JobChanged: "state",
    JobProgress: "progress",
    DeliveryTried: "delivery",
    EngineChanged: "engine",
    ModelChanged: "model",
    ConditionChanged: "condition",
    QueueHeld: "queue",
    SubmissionRefused: "refused",
    Missed: "missed",
}
KINDS = tuple(_NAMES.values())
"""What lines in detail may be about."""
ALWAYS = "missed"
"""Is told to everyone: who asked for few kinds has to know as well that some are missing."""


def plain(event: Event | None, previews: bool) -> dict[str, Any] | None:
    """A line as readers have always got it; None for what they never got."""
    if event is None:
        return {"event": "heartbeat"}
    if isinstance(event, JobChanged):
        return {"event": "changed", "job_id": event.job_id, "state": event.state}
    if isinstance(event, JobProgress):
        view = {"event": "progress", "job_id": event.job_id, "step": event.step, "steps": event.steps}
        if previews and event.preview_png is not None:
            view["preview_png_base64"] = base64.b64encode(event.preview_png).decode()
        return view
    return {"event": "missed", "events": event.events} if isinstance(event, Missed) else None


def kind_of(event: Event) -> str:
    """Which of :data:`KINDS` it is."""
    return _NAMES[type(event)]


def detailed(event: Event) -> dict[str, Any]:
    """A line with everything that is known; what is not known is left out."""
    view: dict[str, Any] = {"time": views.moment(event.at), "event": kind_of(event), **_told(event)}
    return {name: value for name, value in view.items() if value is not None}


def _told(event: Event) -> dict[str, Any]:
    if isinstance(event, JobChanged):
        return _job(event)
    if isinstance(event, JobProgress):
        return {"job": event.job_id, "step": event.step, "steps": event.steps}
    if isinstance(event, DeliveryTried):
        return {"job": event.job_id, "source": event.source, "outcome": event.outcome, "why": event.why}
    if isinstance(event, EngineChanged):
        return {"state": event.state, "device": event.device, "why": event.why}
    if isinstance(event, ModelChanged):
        return {"model": event.model, "state": event.state, "seconds": _rounded(event.seconds)}
    if isinstance(event, ConditionChanged):
        state = "began" if event.began else "ended"
        return {"part": event.what, "state": state, "why": event.why, "heals": event.heals}
    if isinstance(event, SubmissionRefused):
        return {"source": event.source, "kind": event.kind, "field": event.about, "count": event.count}
    return {"state": event.state} if isinstance(event, QueueHeld) else {"events": event.events}


def _job(event: JobChanged) -> dict[str, Any]:
    return {
        "job": event.job_id,
        "state": event.state,
        "was": event.was,
        "lane": event.lane,
        "owner": event.owner,
        "error_kind": event.error_kind,
        "why": event.why,
        "waited_seconds": _rounded(event.waited_seconds),
        "drawing_seconds": _rounded(event.drawing_seconds),
        "engine_seconds": _rounded(event.engine_seconds),
        "pictures": event.pictures or None,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
