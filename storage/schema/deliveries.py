"""The outbox: a row for each ending and each who waits for it; and those who wait for the ends of others' jobs."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Text, Whole, literal, metadata

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("job_id", Text, sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("source", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("attempt", Whole, nullable=False),
    sa.Column("not_before", Whole, nullable=False),
    sa.Column("error", Text),
    sa.Column("created_at", Whole, nullable=False),
    sa.Column("ended_at", Whole),
    # Whom of the source: the name of a subscription, or nothing for where the job came from.
    sa.Column("target", Text, nullable=False, server_default=""),
    sa.CheckConstraint("length(id) = 16", name="deliveries_id"),
    sa.CheckConstraint("state IN ('waiting','done','given_up','superseded')", name="deliveries_state"),
    sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="deliveries_ended"),
    sa.CheckConstraint("attempt >= 0", name="deliveries_attempt"),
    sqlite_strict=True,
)

is_waiting = deliveries.c.state == literal("waiting")
is_given_up = deliveries.c.state == literal("given_up")

sa.Index(
    "deliveries_due",
    deliveries.c.source,
    deliveries.c.not_before,
    sqlite_where=is_waiting,
    postgresql_where=is_waiting,
)
# Of several endings of one job (it was queued again) only the last one waits to be delivered to each.
sa.Index(
    "deliveries_waiting",
    deliveries.c.job_id,
    deliveries.c.target,
    unique=True,
    sqlite_where=is_waiting,
    postgresql_where=is_waiting,
)
sa.Index("deliveries_given_up", deliveries.c.id, sqlite_where=is_given_up, postgresql_where=is_given_up)
sa.Index("deliveries_job", deliveries.c.job_id)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("source", Text, primary_key=True),  # whose deliverer brings it
    sa.Column("target", Text, primary_key=True),
    sa.Column("states", Text, nullable=False),  # with commas
    sa.Column("owner", Text),  # or the beginning of some, with a star behind it
    sa.Column("origin", Text),
    sa.CheckConstraint("target <> ''", name="subscriptions_target"),
    sqlite_strict=True,
)
"""What the settings say of them; here, so that the row of the outbox is of the transaction that ends the job."""
