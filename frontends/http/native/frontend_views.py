"""How the front ends are connected that depend on somebody else's service, in one word each."""

from __future__ import annotations

# Not typing's: pydantic, which describes the API from these, refuses that one below Python 3.12.
from typing_extensions import TypedDict

from daemon.service import Status

REMOTE = ("discord",)
"""Front ends that are connected to somebody else's service."""
WORDS = {
    "starting": "connecting",
    "retrying": "connecting",
    "up": "ready",
    "misconfigured": "failed",
    "refused": "failed",
    "stopped": "off",
}


class ConnectionView(TypedDict):
    """``state`` is ``off``, ``connecting``, ``ready``, ``degraded`` or ``failed``."""

    state: str
    detail: str


def connections(status: Status) -> dict[str, ConnectionView]:
    """Of every one of them, also of those that are not wanted (``off``)."""
    known = {each.name: each for each in status.front_ends}
    found = {}
    for name in REMOTE:
        each = known.get(name)
        state, detail = ("off", "") if each is None else (WORDS[each.state], each.detail)
        trouble = [each for each in status.degraded if each.what == name]
        if state == "ready" and trouble:
            state, detail = "degraded", trouble[0].why
        found[name] = ConnectionView(state=state, detail=detail)
    return found
