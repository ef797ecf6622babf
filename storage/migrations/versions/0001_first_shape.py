"""The first shape: queue, history, fair turns, results, outbox, order files."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Frozen as they were: a migration never follows the tables of today.
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    _orders()
    _queue()
    _turns()
    _results()
    _deliveries()


def _where(condition: str) -> dict[str, Any]:
    """For partial indexes, on every database that has them."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text),
        sa.Column("inode", sa.Text, nullable=False),
        sa.Column("size", Whole, nullable=False),
        sa.Column("mtime_ns", Whole, nullable=False),
        sa.Column("claimed_path", sa.Text),
        sa.Column("lines_total", Whole),
        sa.Column("next_line", Whole, nullable=False),
        sa.Column("submitted", Whole, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("ended_at", Whole),
        sa.CheckConstraint("(state IN ('ended','failed')) = (ended_at IS NOT NULL)", name="orders_ended"),
        sa.CheckConstraint("state IN ('claimed','queued','ended','failed')", name="orders_state"),
        sa.CheckConstraint("length(id) = 16", name="orders_id"),
        sa.CheckConstraint("next_line >= 0 AND submitted >= 0", name="orders_progress"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index(
        "orders_claimed",
        "orders",
        ["folder", "name", "inode", "size", "mtime_ns"],
        unique=True,
        **_where("state = 'claimed'"),
    )
    op.create_index("orders_fingerprint", "orders", ["folder", "fingerprint"])
    op.create_index("orders_name", "orders", ["folder", "name"])
    op.create_index(
        "orders_open",
        "orders",
        ["folder", "id"],
        sqlite_where=sa.text("state IN ('claimed', 'queued')"),
        postgresql_where=sa.text("state IN ('claimed', 'queued')"),
    )
    op.create_table(
        "line_errors",
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("line", Whole, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
        ),
        sa.PrimaryKeyConstraint("order_id", "line"),
        sqlite_strict=True,
    )


def _queue() -> None:
    op.create_table(
        "jobs",
        sa.Column("seq", Whole, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("lane", Whole, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("origin_source", sa.Text, nullable=False),
        sa.Column("origin_address", sa.Text, nullable=False),
        sa.Column("priority", Whole, nullable=False),
        sa.Column("cost", Real, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("request_hash", sa.Text, nullable=False),
        sa.Column("deliver", Whole, nullable=False),
        sa.Column("order_id", sa.Text),
        sa.Column("line", Whole),
        sa.Column("attempt", Whole, nullable=False),
        sa.Column("alone", Whole, nullable=False),
        sa.Column("cancel_requested", Whole, nullable=False),
        sa.Column("not_before", Whole),
        sa.Column("lease_until", Whole),
        sa.Column("queued_at", Whole, nullable=False),
        sa.Column("started_at", Whole),
        sa.Column("finished_at", Whole),
        sa.Column("error_kind", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("error_field", sa.Text),
        sa.Column("error_hint", sa.Text),
        sa.CheckConstraint("not_before IS NULL OR state = 'queued'", name="jobs_not_before"),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="jobs_lease"),
        sa.CheckConstraint(
            "(state IN ('done','failed','cancelled','dead')) = (finished_at IS NOT NULL)", name="jobs_finished"
        ),
        sa.CheckConstraint("error_kind IN ('user','retryable','fatal')", name="jobs_error_kind"),
        sa.CheckConstraint("state IN ('queued','running','done','failed','cancelled','dead')", name="jobs_state"),
        sa.CheckConstraint("attempt >= 0", name="jobs_attempt"),
        sa.CheckConstraint("cost > 0", name="jobs_cost"),
        sa.CheckConstraint("deliver IN (0,1) AND alone IN (0,1) AND cancel_requested IN (0,1)", name="jobs_truths"),
        sa.CheckConstraint("lane BETWEEN 0 AND 3", name="jobs_lane"),
        sa.CheckConstraint("length(id) = 16", name="jobs_id"),
        sa.CheckConstraint("length(request_hash) = 64", name="jobs_request_hash"),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
        ),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("jobs_key", "jobs", ["source", "key"], unique=True, **_where('"key" IS NOT NULL'))
    op.create_index(
        "jobs_open",
        "jobs",
        ["owner"],
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index("jobs_order", "jobs", ["order_id", "line"], **_where("order_id IS NOT NULL"))
    op.create_index("jobs_owner", "jobs", ["owner", "seq"])
    op.create_index("jobs_state", "jobs", ["state", "seq"])
    op.create_index(
        "jobs_turn",
        "jobs",
        ["lane", "owner", sa.literal_column("priority DESC"), "seq"],
        **_where("state = 'queued' AND not_before IS NULL"),
    )
    op.create_index("jobs_waiting", "jobs", ["not_before"], **_where("not_before IS NOT NULL"))
    op.create_table(
        "attempts",
        sa.Column("id", Whole, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("number", Whole, nullable=False),
        sa.Column("alone", Whole, nullable=False),
        sa.Column("engine", sa.Text),
        sa.Column("started_at", Whole, nullable=False),
        sa.Column("ended_at", Whole),
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text),
        sa.CheckConstraint("outcome IN ('done','failed','released','accused','cancelled')", name="attempts_outcome"),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="attempts_ended"),
        sa.CheckConstraint("alone IN (0,1)", name="attempts_alone"),
        sa.CheckConstraint("number >= 1", name="attempts_number"),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("attempts_job", "attempts", ["job_id", "number"])
    op.create_index("attempts_open", "attempts", ["job_id"], unique=True, **_where("ended_at IS NULL"))
    op.create_table(
        "events",
        sa.Column("id", Whole, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("events_job", "events", ["job_id", "id"])
    op.create_table(
        "tallies",
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("jobs", Whole, nullable=False),
        sa.CheckConstraint("jobs >= 0", name="tallies_jobs"),
        sa.PrimaryKeyConstraint("state"),
        sqlite_strict=True,
    )
    op.create_table(
        "flags", sa.Column("name", sa.Text, nullable=False), sa.PrimaryKeyConstraint("name"), sqlite_strict=True
    )
    for state in ("queued", "running", "done", "failed", "cancelled", "dead"):
        op.execute(f"INSERT INTO tallies (state, jobs) VALUES ('{state}', 0)")


def _turns() -> None:
    op.create_table(
        "lanes",
        sa.Column("lane", Whole, nullable=False),
        sa.Column("virtual_time", Real, nullable=False),
        sa.CheckConstraint("lane BETWEEN 0 AND 3", name="lanes_lane"),
        sa.PrimaryKeyConstraint("lane"),
        sqlite_strict=True,
    )
    op.create_table(
        "lane_owners",
        sa.Column("lane", Whole, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("virtual_time", Real, nullable=False),
        sa.Column("active", Whole, nullable=False),
        sa.CheckConstraint("active IN (0,1)", name="lane_owners_active"),
        sa.ForeignKeyConstraint(
            ["lane"],
            ["lanes.lane"],
        ),
        sa.PrimaryKeyConstraint("lane", "owner"),
        sqlite_strict=True,
    )
    op.create_index("lane_owners_turn", "lane_owners", ["lane", "virtual_time", "owner"], **_where("active = 1"))
    for lane in range(4):
        op.execute(f"INSERT INTO lanes (lane, virtual_time) VALUES ({lane}, 0)")


def _results() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("number", Whole, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("pixels_sha256", sa.Text, nullable=False),
        sa.Column("seed", Whole, nullable=False),
        sa.Column("width", Whole, nullable=False),
        sa.Column("height", Whole, nullable=False),
        sa.Column("bytes", Whole, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.CheckConstraint("length(id) = 16", name="pictures_id"),
        sa.CheckConstraint("length(sha256) = 64 AND length(pixels_sha256) = 64", name="pictures_digests"),
        sa.CheckConstraint("number >= 0 AND width > 0 AND height > 0 AND bytes > 0", name="pictures_sizes"),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("job_id", "number", name="pictures_job"),
        sa.UniqueConstraint("path"),
        sqlite_strict=True,
    )
    op.create_table(
        "lineage",
        sa.Column("child_job", sa.Text, nullable=False),
        sa.Column("parent_picture", sa.Text),
        sa.Column("parent_job", sa.Text),
        sa.CheckConstraint("(parent_picture IS NULL) <> (parent_job IS NULL)", name="lineage_parent"),
        sa.ForeignKeyConstraint(
            ["child_job"],
            ["jobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["parent_job"],
            ["jobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["parent_picture"],
            ["pictures.id"],
        ),
        sa.PrimaryKeyConstraint("child_job"),
        sqlite_strict=True,
    )
    op.create_index("lineage_job", "lineage", ["parent_job"])
    op.create_index("lineage_picture", "lineage", ["parent_picture"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempt", Whole, nullable=False),
        sa.Column("not_before", Whole, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("ended_at", Whole),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="deliveries_ended"),
        sa.CheckConstraint("state IN ('waiting','done','given_up','superseded')", name="deliveries_state"),
        sa.CheckConstraint("attempt >= 0", name="deliveries_attempt"),
        sa.CheckConstraint("length(id) = 16", name="deliveries_id"),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("deliveries_due", "deliveries", ["source", "not_before"], **_where("state = 'waiting'"))
    op.create_index("deliveries_given_up", "deliveries", ["id"], **_where("state = 'given_up'"))
    op.create_index("deliveries_job", "deliveries", ["job_id"])
    op.create_index("deliveries_waiting", "deliveries", ["job_id"], unique=True, **_where("state = 'waiting'"))
