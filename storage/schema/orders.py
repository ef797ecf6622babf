"""Order files: what was claimed from which folder, how far it has been read, and which lines never became jobs."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Text, Whole, literal, metadata

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("folder", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("fingerprint", Text),
    sa.Column("inode", Text, nullable=False),  # decimal: some file systems use all 64 bits
    sa.Column("size", Whole, nullable=False),
    sa.Column("mtime_ns", Whole, nullable=False),
    sa.Column("claimed_path", Text),
    sa.Column("lines_total", Whole),
    sa.Column("next_line", Whole, nullable=False),
    sa.Column("submitted", Whole, nullable=False),
    sa.Column("error", Text),
    sa.Column("created_at", Whole, nullable=False),
    sa.Column("ended_at", Whole),
    # 1: its folder wants to know this content again, so that the row outlives its jobs
    sa.Column("remembered", Whole, nullable=False, server_default="1"),
    sa.CheckConstraint("length(id) = 16", name="orders_id"),
    sa.CheckConstraint("state IN ('claimed','queued','ended','failed')", name="orders_state"),
    sa.CheckConstraint("(state IN ('ended','failed')) = (ended_at IS NOT NULL)", name="orders_ended"),
    sa.CheckConstraint("next_line >= 0 AND submitted >= 0", name="orders_progress"),
    sqlite_strict=True,
)

is_open = orders.c.state.in_([literal("claimed"), literal("queued")])
is_claimed = orders.c.state == literal("claimed")

sa.Index("orders_open", orders.c.folder, orders.c.id, sqlite_where=is_open, postgresql_where=is_open)
# The same file is claimed once, however often its claim is begun.
sa.Index(
    "orders_claimed",
    *(orders.c.folder, orders.c.name, orders.c.inode, orders.c.size, orders.c.mtime_ns),
    unique=True,
    sqlite_where=is_claimed,
    postgresql_where=is_claimed,
)
sa.Index("orders_name", orders.c.folder, orders.c.name)
sa.Index("orders_fingerprint", orders.c.folder, orders.c.fingerprint)

line_errors = sa.Table(
    "line_errors",
    metadata,
    sa.Column("order_id", Text, sa.ForeignKey("orders.id"), primary_key=True),
    sa.Column("line", Whole, primary_key=True),
    sa.Column("message", Text, nullable=False),
    sqlite_strict=True,
)
