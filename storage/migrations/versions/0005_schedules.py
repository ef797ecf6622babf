"""Recurring orders, and what became of each of their due times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# Frozen as they were: a migration never follows the tables of today.
Text = sa.Text
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _schedules()
    _occurrences()


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", Text, primary_key=True),
        sa.Column("name", Text, nullable=False, unique=True),
        sa.Column("owner", Text, nullable=False),
        sa.Column("from_file", Whole, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("expression", Text, nullable=False),
        sa.Column("time_zone", Text, nullable=False),
        sa.Column("gap", Text, nullable=False),
        sa.Column("overlap", Text, nullable=False),
        sa.Column("catch_up", Text, nullable=False),
        sa.Column("jitter_ms", Whole, nullable=False),
        sa.Column("starts_at", Whole),
        sa.Column("ends_at", Whole),
        sa.Column("max_runs", Whole),
        sa.Column("max_in_flight", Whole, nullable=False),
        sa.Column("quiet_hours", Text),
        sa.Column("template", Text, nullable=False),
        sa.Column("target", Text, nullable=False),
        sa.Column("image", Text),
        sa.Column("anchor_at", Whole, nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("paused_at", Whole),
        sa.Column("paused_why", Text),
        sa.Column("disabled", Whole, nullable=False),
        sa.Column("last_due_at", Whole, nullable=False),
        sa.Column("next_due_at", Whole),
        sa.Column("next_at", Whole),
        sa.Column("runs", Whole, nullable=False),
        sa.Column("failures", Whole, nullable=False),
        sa.CheckConstraint("length(id) = 16", name="schedules_id"),
        sa.CheckConstraint("kind IN ('cron','every','calendar','at')", name="schedules_kind"),
        sa.CheckConstraint("gap IN ('next','skip') AND overlap IN ('first','both')", name="schedules_policies"),
        sa.CheckConstraint("jitter_ms >= 0 AND max_in_flight >= 1 AND max_runs >= 1", name="schedules_bounds"),
        sa.CheckConstraint("from_file IN (0,1) AND disabled IN (0,1)", name="schedules_truths"),
        sa.CheckConstraint("runs >= 0 AND failures >= 0 AND version >= 1", name="schedules_counts"),
        sa.CheckConstraint("(next_at IS NULL) = (next_due_at IS NULL)", name="schedules_next"),
        sqlite_strict=True,
    )
    _index("schedules_next", "schedules", ["next_at"], "next_at IS NOT NULL AND paused_at IS NULL AND disabled = 0")
    _index("schedules_image", "schedules", ["image"], "image IS NOT NULL")


def _occurrences() -> None:
    op.create_table(
        "occurrences",
        sa.Column("id", Whole, primary_key=True),
        sa.Column("schedule_id", Text, sa.ForeignKey("schedules.id"), nullable=False),
        sa.Column("due_at", Whole, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("number", Whole),
        sa.Column("why", Text),
        sa.Column("late_ms", Whole),
        sa.Column("job_id", Text),
        sa.Column("recorded_at", Whole, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting','queued','done','failed','cancelled','dead','skipped','missed')",
            name="occurrences_state",
        ),
        sa.CheckConstraint("state != 'queued' OR job_id IS NOT NULL", name="occurrences_job"),
        sa.CheckConstraint("state NOT IN ('skipped','missed') OR why IS NOT NULL", name="occurrences_why"),
        sa.CheckConstraint("(state IN ('skipped','missed')) = (number IS NULL)", name="occurrences_number"),
        sqlite_strict=True,
    )
    op.create_index("occurrences_due", "occurrences", ["schedule_id", "due_at"], unique=True)
    _index("occurrences_waiting", "occurrences", ["schedule_id", "due_at"], "state = 'waiting'")
    _index("occurrences_queued", "occurrences", ["schedule_id", "job_id"], "state = 'queued'")
    _index("occurrences_job", "occurrences", ["job_id"], "state = 'queued'")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
