"""Recurring orders, and what became of each of their due times."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Text, Whole, literal, metadata

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("name", Text, nullable=False, unique=True),
    sa.Column("owner", Text, nullable=False),
    sa.Column("from_file", Whole, nullable=False),  # 1: the configuration file says it, and nobody else may change it
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
    sa.Column("image", Text),  # the input picture that the template names
    sa.Column("anchor_at", Whole, nullable=False),  # intervals count from here
    sa.Column("created_at", Whole, nullable=False),
    sa.Column("version", Whole, nullable=False),  # grows with every change of what it says; fences what was decided
    sa.Column("paused_at", Whole),
    sa.Column("paused_why", Text),
    sa.Column("disabled", Whole, nullable=False),  # 1: the configuration file does not hold it any more
    sa.Column("last_due_at", Whole, nullable=False),  # what is due up to here has been decided
    sa.Column("next_due_at", Whole),
    sa.Column("next_at", Whole),  # with its jitter; NULL when nothing is due any more
    sa.Column("runs", Whole, nullable=False),
    sa.Column("failures", Whole, nullable=False),  # in a row
    sa.CheckConstraint("length(id) = 16", name="schedules_id"),
    sa.CheckConstraint("kind IN ('cron','every','calendar','at')", name="schedules_kind"),
    sa.CheckConstraint("gap IN ('next','skip') AND overlap IN ('first','both')", name="schedules_policies"),
    sa.CheckConstraint("jitter_ms >= 0 AND max_in_flight >= 1 AND max_runs >= 1", name="schedules_bounds"),
    sa.CheckConstraint("from_file IN (0,1) AND disabled IN (0,1)", name="schedules_truths"),
    sa.CheckConstraint("runs >= 0 AND failures >= 0 AND version >= 1", name="schedules_counts"),
    sa.CheckConstraint("(next_at IS NULL) = (next_due_at IS NULL)", name="schedules_next"),
    sqlite_strict=True,
)

occurrences = sa.Table(
    "occurrences",
    metadata,
    sa.Column("id", Whole, primary_key=True),
    sa.Column("schedule_id", Text, sa.ForeignKey("schedules.id"), nullable=False),
    sa.Column("due_at", Whole, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("number", Whole),  # which run it is, from 1; NULL where it is none
    sa.Column("why", Text),
    sa.Column("late_ms", Whole),
    sa.Column("job_id", Text),  # no foreign key: the job may be pruned, this stays
    sa.Column("recorded_at", Whole, nullable=False),
    sa.CheckConstraint(
        "state IN ('waiting','queued','done','failed','cancelled','dead','skipped','missed')", name="occurrences_state"
    ),
    sa.CheckConstraint("state != 'queued' OR job_id IS NOT NULL", name="occurrences_job"),
    sa.CheckConstraint("state NOT IN ('skipped','missed') OR why IS NOT NULL", name="occurrences_why"),
    sa.CheckConstraint("(state IN ('skipped','missed')) = (number IS NULL)", name="occurrences_number"),
    sqlite_strict=True,
)

is_armed = schedules.c.next_at.is_not(None) & schedules.c.paused_at.is_(None) & (schedules.c.disabled == sa.text("0"))
is_waiting = occurrences.c.state == literal("waiting")
is_queued = occurrences.c.state == literal("queued")

sa.Index("schedules_next", schedules.c.next_at, sqlite_where=is_armed, postgresql_where=is_armed)
has_image = schedules.c.image.is_not(None)
sa.Index("schedules_image", schedules.c.image, sqlite_where=has_image, postgresql_where=has_image)
# Whatever else goes wrong, no due time becomes two.
sa.Index("occurrences_due", occurrences.c.schedule_id, occurrences.c.due_at, unique=True)
sa.Index(
    "occurrences_waiting",
    *(occurrences.c.schedule_id, occurrences.c.due_at),
    sqlite_where=is_waiting,
    postgresql_where=is_waiting,
)
sa.Index(
    "occurrences_queued",
    *(occurrences.c.schedule_id, occurrences.c.job_id),
    sqlite_where=is_queued,
    postgresql_where=is_queued,
)
sa.Index("occurrences_job", occurrences.c.job_id, sqlite_where=is_queued, postgresql_where=is_queued)
