"""What the API shows of backups, prunes and exports."""

from __future__ import annotations

from typing import Any

# Not typing's: pydantic, which describes the API from these, refuses that one below Python 3.12.
from typing_extensions import TypedDict

from daemon.service import Backup, Pruned
from frontends.http.native.views import moment


class BackupView(TypedDict):
    """A backup that is written; ``missing`` counts files that rows name and that were not there."""

    path: str
    schema: str
    jobs: int
    pictures: int
    bytes: int
    missing: int
    damaged: int
    seconds: float


class RuleView(TypedDict):
    """What a rule of the settings took; ``number`` is its place there, from 1."""

    number: int
    says: str
    jobs: int
    pictures: int
    bytes: int


class PrunedView(TypedDict):
    """What was removed, or would be (``dry_run``); ``oldest`` and ``newest`` are when such jobs were accepted."""

    dry_run: bool
    jobs: int
    pictures: int
    orders: int
    bytes: int
    oldest: str | None
    newest: str | None
    inputs: int
    input_bytes: int
    quarantined: int
    quarantined_bytes: int
    given_back: int
    seconds: float
    rules: list[RuleView]


class RecordsView(TypedDict):
    """A page of an export."""

    records: list[dict[str, Any]]
    next: int | None


def of_backup(backup: Backup) -> BackupView:
    """A backup that is written."""
    made = backup.manifest
    return BackupView(
        path=str(backup.path),
        schema=made.schema,
        jobs=made.jobs,
        pictures=made.pictures,
        bytes=made.bytes,
        missing=len(made.missing),
        damaged=len(made.damaged),
        seconds=backup.seconds,
    )


def of_pruned(pruned: Pruned) -> PrunedView:
    """What a prune did."""
    gone = pruned.gone
    return PrunedView(
        dry_run=pruned.dry_run,
        jobs=gone.jobs,
        pictures=gone.pictures,
        orders=gone.orders,
        bytes=gone.bytes,
        oldest=None if gone.oldest is None else moment(gone.oldest),
        newest=None if gone.newest is None else moment(gone.newest),
        inputs=pruned.inputs,
        input_bytes=pruned.input_bytes,
        quarantined=pruned.quarantined,
        quarantined_bytes=pruned.quarantined_bytes,
        given_back=pruned.given_back,
        seconds=pruned.seconds,
        rules=[
            RuleView(
                number=each.number,
                says=each.says,
                jobs=each.gone.jobs,
                pictures=each.gone.pictures,
                bytes=each.gone.bytes,
            )
            for each in pruned.by_rule
        ],
    )
