"""Schedules of the configuration file, as drafts."""

from __future__ import annotations

from typing import Any

from config.errors import UserError
from config.settings import ScheduleSettings
from daemon.service.schedules.draft import Draft

_SAME = (
    *("name", "cron", "every", "calendar", "at", "time_zone", "gap", "overlap", "catch_up", "jitter", "starts_at"),
    *("ends_at", "max_runs", "max_in_flight", "quiet_hours", "owner", "seed_rule", "lists", "evolve", "request"),
)


def draft(entry: ScheduleSettings) -> Draft:
    """:class:`UserError` when it names two places for its results."""
    return Draft(target=_target(entry), **{name: getattr(entry, name) for name in _SAME})


def _target(entry: ScheduleSettings) -> dict[str, Any]:
    if entry.folder is not None and entry.webhook is not None:
        raise UserError("folder, webhook: only one of them may be given", field="folder")
    if entry.folder is not None:
        return {"kind": "folder", "path": str(entry.folder)}
    return {"kind": "gallery"} if entry.webhook is None else {"kind": "webhook", "url": entry.webhook}
