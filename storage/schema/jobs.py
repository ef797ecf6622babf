"""The queue: jobs, their attempts and their history."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Real, Text, Whole, literal, metadata

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("seq", Whole, primary_key=True),  # order of acceptance: ids of one millisecond do not sort by it
    sa.Column("id", Text, nullable=False, unique=True),
    sa.Column("state", Text, nullable=False),
    sa.Column("lane", Whole, nullable=False),  # its urgency: 0 is interactive
    sa.Column("owner", Text, nullable=False),
    sa.Column("source", Text, nullable=False),  # of the owner; the scope of the key
    sa.Column("key", Text),
    sa.Column("origin_source", Text, nullable=False),
    sa.Column("origin_address", Text, nullable=False),
    sa.Column("priority", Whole, nullable=False),
    sa.Column("cost", Real, nullable=False),  # megapixel-steps
    sa.Column("request", Text, nullable=False),
    sa.Column("request_hash", Text, nullable=False),
    sa.Column("deliver", Whole, nullable=False),
    sa.Column("order_id", Text, sa.ForeignKey("orders.id")),
    sa.Column("line", Whole),
    sa.Column("attempt", Whole, nullable=False),
    sa.Column("alone", Whole, nullable=False),
    sa.Column("cancel_requested", Whole, nullable=False),
    sa.Column("not_before", Whole),  # NULL when it may be claimed now; emptied when its time comes
    sa.Column("lease_until", Whole),
    sa.Column("queued_at", Whole, nullable=False),
    sa.Column("started_at", Whole),
    sa.Column("finished_at", Whole),
    sa.Column("error_kind", Text),
    sa.Column("error_message", Text),
    sa.Column("error_field", Text),
    sa.Column("error_hint", Text),
    sa.Column("image", Text),  # the input picture that the request names
    sa.Column("model", Text),  # the model that the request names
    sa.Column("engine_seconds", Real, nullable=False, server_default="0"),  # what all its attempts took of an engine
    sa.Column("charged", Real),  # what its owner was charged at its last claim
    sa.Column("weight", Real, nullable=False, server_default="1"),  # of its owner, at its last claim
    sa.Column("groups", Text, nullable=False, server_default="[]"),  # scopes of quotas beside the owner's: a JSON list
    sa.Column("quota_day", Text),  # in which its pictures count; NULL if it ended before there were quotas
    sa.Column("held_pictures", Whole, nullable=False, server_default="0"),  # reserved while it is open
    sa.Column("held_ms", Whole, nullable=False, server_default="0"),
    sa.Column("held_bytes", Whole, nullable=False, server_default="0"),
    sa.CheckConstraint("length(id) = 16", name="jobs_id"),
    sa.CheckConstraint("state IN ('queued','running','done','failed','cancelled','dead')", name="jobs_state"),
    sa.CheckConstraint("lane BETWEEN 0 AND 3", name="jobs_lane"),
    sa.CheckConstraint("attempt >= 0", name="jobs_attempt"),
    sa.CheckConstraint("cost > 0", name="jobs_cost"),
    sa.CheckConstraint("length(request_hash) = 64", name="jobs_request_hash"),
    sa.CheckConstraint("deliver IN (0,1) AND alone IN (0,1) AND cancel_requested IN (0,1)", name="jobs_truths"),
    sa.CheckConstraint("error_kind IN ('user','retryable','fatal')", name="jobs_error_kind"),
    sa.CheckConstraint("not_before IS NULL OR state = 'queued'", name="jobs_not_before"),
    sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="jobs_lease"),
    sa.CheckConstraint(
        "(state IN ('done','failed','cancelled','dead')) = (finished_at IS NOT NULL)", name="jobs_finished"
    ),
    sqlite_strict=True,
)

is_ready = (jobs.c.state == literal("queued")) & jobs.c.not_before.is_(None)
is_open = jobs.c.state.in_([literal("queued"), literal("running")])


def _index(name: str, *columns: sa.ColumnElement[object], where: sa.ColumnElement[bool], unique: bool = False) -> None:
    sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


_index("jobs_key", jobs.c.source, jobs.c.key, where=jobs.c.key.is_not(None), unique=True)
_index("jobs_turn", jobs.c.lane, jobs.c.owner, jobs.c.priority.desc(), jobs.c.seq, where=is_ready)
_index("jobs_waiting", jobs.c.not_before, where=jobs.c.not_before.is_not(None))
_index("jobs_open", jobs.c.owner, where=is_open)
_index("jobs_order", jobs.c.order_id, jobs.c.line, where=jobs.c.order_id.is_not(None))
_index("jobs_image", jobs.c.image, where=jobs.c.image.is_not(None))
sa.Index("jobs_state", jobs.c.state, jobs.c.seq)
sa.Index("jobs_owner", jobs.c.owner, jobs.c.seq)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", Whole, primary_key=True),
    sa.Column("job_id", Text, sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("number", Whole, nullable=False),
    sa.Column("alone", Whole, nullable=False),
    sa.Column("engine", Text),
    sa.Column("started_at", Whole, nullable=False),
    sa.Column("ended_at", Whole),
    sa.Column("outcome", Text),
    sa.Column("error", Text),
    sa.CheckConstraint("number >= 1", name="attempts_number"),
    sa.CheckConstraint("alone IN (0,1)", name="attempts_alone"),
    sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="attempts_ended"),
    sa.CheckConstraint("outcome IN ('done','failed','released','accused','cancelled')", name="attempts_outcome"),
    sqlite_strict=True,
)
sa.Index("attempts_job", attempts.c.job_id, attempts.c.number)
# Whatever else goes wrong, no job is ever under way twice.
_index("attempts_open", attempts.c.job_id, where=attempts.c.ended_at.is_(None), unique=True)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", Whole, primary_key=True),
    sa.Column("job_id", Text, sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("at", Whole, nullable=False),
    sa.Column("what", Text, nullable=False),
    sa.Column("detail", Text),
    sqlite_strict=True,
)
sa.Index("events_job", events.c.job_id, events.c.id)

tallies = sa.Table(
    "tallies",
    metadata,
    sa.Column("state", Text, primary_key=True),
    sa.Column("jobs", Whole, nullable=False),
    sa.CheckConstraint("jobs >= 0", name="tallies_jobs"),
    sqlite_strict=True,
)
"""Jobs in each state, kept with every change: counting a million rows is too slow for a status."""

flags = sa.Table("flags", metadata, sa.Column("name", Text, primary_key=True), sqlite_strict=True)
"""Switches of the whole queue that survive a restart; a row is a switch that is on."""
