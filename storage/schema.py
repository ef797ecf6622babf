"""The tables. Times are UTC epoch milliseconds; JSON is canonical text; ids are ours, never user text.

Migrations under ``migrations/`` are what makes a database; a test proves that they lead to exactly these tables.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

WholeNumber = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere: SQLite's INTEGER is, PostgreSQL's is not."""
Fraction: TypeEngine[float] = REAL().with_variant(Double(), "postgresql")
"""64 bits everywhere: SQLite's REAL is, PostgreSQL's is not."""

STATES = ("queued", "running", "paused", "done", "failed", "cancelled", "dead")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _among(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=name)


owners = Table(
    "owners",
    metadata,
    Column("name", Text, primary_key=True),
    Column("first_seen_at", WholeNumber, nullable=False),
    sqlite_strict=True,
)

jobs = Table(
    "jobs",
    metadata,
    # The order of arrival. Ids sort by the millisecond only, and the lines of one file arrive in one.
    Column("seq", WholeNumber, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("state", Text, _among("state", STATES, "state"), nullable=False),
    # 1 while a queued job waits for not_before (and only then): it is outside the index that claims look at.
    Column("resting", Integer, nullable=False),
    Column("not_before", WholeNumber, nullable=False),
    Column("lane", Text, nullable=False),
    Column("owner", Text, ForeignKey("owners.name"), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("cost", Fraction, nullable=False),
    Column("attempt", Integer, CheckConstraint("attempt >= 0", name="attempt"), nullable=False),
    Column("alone", Integer, nullable=False),
    Column("cancel_requested", Integer, nullable=False),
    Column("lease_until", WholeNumber),
    Column("request", Text, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("deliver", Integer, nullable=False),
    Column("parent", Text),
    Column("order_id", Text, ForeignKey("orders.id")),
    Column("line", Integer),
    Column("error_kind", Text),
    Column("error_message", Text),
    Column("error_field", Text),
    Column("error_hint", Text),
    Column("queued_at", WholeNumber, nullable=False),
    Column("started_at", WholeNumber),
    Column("finished_at", WholeNumber),
    UniqueConstraint("source", "idempotency_key"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

READY = "state = 'queued' AND resting = 0"
RESTING = "resting = 1"


def _partial(name: str, *columns: ColumnElement[Any], where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


_partial("ix_jobs_ready", jobs.c.lane, jobs.c.owner, jobs.c.priority.desc(), jobs.c.seq, where=READY)
_partial("ix_jobs_resting", jobs.c.not_before, where=RESTING)
_partial("ix_jobs_running", jobs.c.seq, where="state = 'running'")
Index("ix_jobs_state", jobs.c.state)
Index("ix_jobs_owner_state", jobs.c.owner, jobs.c.state)
_partial("ix_jobs_order", jobs.c.order_id, jobs.c.line, where="order_id IS NOT NULL")

# How much of a lane each owner has been given. Start-time fair queueing (Goyal, Vin, Cheng 1996):
# the owner with the least virtual time is next; who comes back after a pause starts at the lane's present.
shares = Table(
    "shares",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("owner", Text, ForeignKey("owners.name"), primary_key=True),
    Column("ready", WholeNumber, CheckConstraint("ready >= 0", name="ready"), nullable=False),
    Column("served", Fraction, nullable=False),
    sqlite_strict=True,
)
_partial("ix_shares_next", shares.c.lane, shares.c.served, shares.c.owner, where="ready > 0")

lanes = Table(
    "lanes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("served", Fraction, nullable=False),
    sqlite_strict=True,
)

attempts = Table(
    "attempts",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.id"), primary_key=True),
    # Counts every start, also those that were given back and those before a retry.
    Column("number", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("alone", Integer, nullable=False),
    Column("started_at", WholeNumber, nullable=False),
    Column("ended_at", WholeNumber),
    Column("outcome", Text),
    Column("error", Text),
    sqlite_strict=True,
)

pictures = Table(
    "pictures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("job_id", Text, ForeignKey("jobs.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("path", Text, nullable=False, unique=True),
    Column("sha256", Text, nullable=False),
    Column("pixels_sha256", Text, nullable=False),
    Column("seed", WholeNumber, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", WholeNumber, nullable=False),
    Column("facts", Text, nullable=False),
    Column("created_at", WholeNumber, nullable=False),
    UniqueConstraint("job_id", "number"),
    sqlite_strict=True,
)

lineage = Table(
    "lineage",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.id"), primary_key=True),
    # A picture or a job of ours, or the sha256 of an input picture.
    Column("parent", Text, primary_key=True),
    Column("relation", Text, nullable=False),
    Index("ix_lineage_parent", "parent"),
    sqlite_strict=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("job_id", Text, ForeignKey("jobs.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("state", Text, _among("state", ("waiting", "done", "given_up"), "state"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("not_before", WholeNumber, nullable=False),
    Column("error", Text),
    Column("created_at", WholeNumber, nullable=False),
    Column("ended_at", WholeNumber),
    Index("ix_deliveries_job_id", "job_id"),
    sqlite_strict=True,
)
_partial("ix_deliveries_due", deliveries.c.source, deliveries.c.not_before, deliveries.c.id, where="state = 'waiting'")
Index("ix_deliveries_state", deliveries.c.state)

events = Table(
    "events",
    metadata,
    Column("seq", WholeNumber, primary_key=True, autoincrement=True),
    Column("job_id", Text, ForeignKey("jobs.id"), nullable=False),
    Column("at", WholeNumber, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text),
    Index("ix_events_job_id", "job_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("folder", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, _among("state", ("claimed", "queued", "ended", "failed"), "state"), nullable=False),
    Column("fingerprint", Text),
    Column("inode", Text, nullable=False),  # unsigned 64 bits do not fit a signed column
    Column("size", WholeNumber, nullable=False),
    Column("mtime_ns", WholeNumber, nullable=False),
    Column("claimed_path", Text),
    Column("lines_total", Integer),
    Column("next_line", Integer, nullable=False),
    Column("error", Text),
    Column("created_at", WholeNumber, nullable=False),
    Column("ended_at", WholeNumber),
    sqlite_strict=True,
)
_partial("ix_orders_open", orders.c.folder, orders.c.id, where="state IN ('claimed', 'queued')")
Index("ix_orders_seen", orders.c.folder, orders.c.name)
_partial("ix_orders_fingerprint", orders.c.folder, orders.c.fingerprint, where="fingerprint IS NOT NULL")

order_errors = Table(
    "order_errors",
    metadata,
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("message", Text, nullable=False),
    sqlite_strict=True,
)

switches = Table(
    "switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_strict=True,
)
