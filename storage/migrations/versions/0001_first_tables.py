"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FRACTION: sa.types.TypeEngine[float] = sa.REAL().with_variant(sa.Double(), "postgresql")


def upgrade() -> None:
    """The first tables, parents before children."""
    _lanes()
    _orders()
    _owners()
    _switches()
    _jobs()
    _order_errors()
    _shares()
    _attempts()
    _deliveries()
    _events()
    _lineage()
    _pictures()


def _lanes() -> None:
    op.create_table(
        "lanes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("served", FRACTION, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lanes")),
        sqlite_strict=True,
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("inode", sa.Text(), nullable=False),
        sa.Column("size", WHOLE, nullable=False),
        sa.Column("mtime_ns", WHOLE, nullable=False),
        sa.Column("claimed_path", sa.Text(), nullable=True),
        sa.Column("lines_total", sa.Integer(), nullable=True),
        sa.Column("next_line", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.CheckConstraint("state IN ('claimed', 'queued', 'ended', 'failed')", name=op.f("ck_orders_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_orders_fingerprint",
        "orders",
        ["folder", "fingerprint"],
        unique=False,
        sqlite_where=sa.text("fingerprint IS NOT NULL"),
        postgresql_where=sa.text("fingerprint IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_open",
        "orders",
        ["folder", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('claimed', 'queued')"),
        postgresql_where=sa.text("state IN ('claimed', 'queued')"),
    )
    op.create_index("ix_orders_seen", "orders", ["folder", "name"], unique=False)


def _owners() -> None:
    op.create_table(
        "owners",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_seen_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_owners")),
        sqlite_strict=True,
    )


def _switches() -> None:
    op.create_table(
        "switches",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
        sqlite_strict=True,
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("seq", WHOLE, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("resting", sa.Integer(), nullable=False),
        sa.Column("not_before", WHOLE, nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("cost", FRACTION, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("alone", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Integer(), nullable=False),
        sa.Column("lease_until", WHOLE, nullable=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("deliver", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_field", sa.Text(), nullable=True),
        sa.Column("error_hint", sa.Text(), nullable=True),
        sa.Column("queued_at", WHOLE, nullable=False),
        sa.Column("started_at", WHOLE, nullable=True),
        sa.Column("finished_at", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_jobs_order_id")),
        sa.ForeignKeyConstraint(["owner"], ["owners.name"], name=op.f("fk_jobs_owner")),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'dead')",
            name=op.f("ck_jobs_state"),
        ),
        sa.CheckConstraint("attempt >= 0", name=op.f("ck_jobs_attempt")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_jobs")),
        sa.UniqueConstraint("id", name=op.f("uq_jobs_id")),
        sa.UniqueConstraint("source", "idempotency_key", name=op.f("uq_jobs_source_idempotency_key")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_jobs_order",
        "jobs",
        ["order_id", "line"],
        unique=False,
        sqlite_where=sa.text("order_id IS NOT NULL"),
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index("ix_jobs_owner_state", "jobs", ["owner", "state"], unique=False)
    op.create_index(
        "ix_jobs_ready",
        "jobs",
        ["lane", "owner", sa.literal_column("priority DESC"), "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'queued' AND resting = 0"),
        postgresql_where=sa.text("state = 'queued' AND resting = 0"),
    )
    op.create_index(
        "ix_jobs_resting",
        "jobs",
        ["not_before"],
        unique=False,
        sqlite_where=sa.text("resting = 1"),
        postgresql_where=sa.text("resting = 1"),
    )
    op.create_index(
        "ix_jobs_running",
        "jobs",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"], unique=False)


def _order_errors() -> None:
    op.create_table(
        "order_errors",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_errors_order_id")),
        sa.PrimaryKeyConstraint("order_id", "line", name=op.f("pk_order_errors")),
        sqlite_strict=True,
    )


def _shares() -> None:
    op.create_table(
        "shares",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("ready", WHOLE, nullable=False),
        sa.Column("served", FRACTION, nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["owners.name"], name=op.f("fk_shares_owner")),
        sa.CheckConstraint("ready >= 0", name=op.f("ck_shares_ready")),
        sa.PrimaryKeyConstraint("lane", "owner", name=op.f("pk_shares")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_shares_next",
        "shares",
        ["lane", "served", "owner"],
        unique=False,
        sqlite_where=sa.text("ready > 0"),
        postgresql_where=sa.text("ready > 0"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("alone", sa.Integer(), nullable=False),
        sa.Column("started_at", WHOLE, nullable=False),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_attempts_job_id")),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_attempts")),
        sqlite_strict=True,
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("not_before", WHOLE, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_deliveries_job_id")),
        sa.CheckConstraint("state IN ('waiting', 'done', 'given_up')", name=op.f("ck_deliveries_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["source", "not_before", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_deliveries_job_id", "deliveries", ["job_id"], unique=False)
    op.create_index("ix_deliveries_state", "deliveries", ["state"], unique=False)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", WHOLE, autoincrement=True, nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_events_job_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_events_job_id", "events", ["job_id"], unique=False)


def _lineage() -> None:
    op.create_table(
        "lineage",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_lineage_job_id")),
        sa.PrimaryKeyConstraint("job_id", "parent", name=op.f("pk_lineage")),
        sqlite_strict=True,
    )
    op.create_index("ix_lineage_parent", "lineage", ["parent"], unique=False)


def _pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("pixels_sha256", sa.Text(), nullable=False),
        sa.Column("seed", WHOLE, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", WHOLE, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_pictures_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("job_id", "number", name=op.f("uq_pictures_job_id_number")),
        sa.UniqueConstraint("path", name=op.f("uq_pictures_path")),
        sqlite_strict=True,
    )
