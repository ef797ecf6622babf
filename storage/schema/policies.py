"""Who may do what where, as the people there decided it, and who decided that."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Text, Whole, metadata

policies = sa.Table(
    "policies",
    metadata,
    sa.Column("guild", Text, primary_key=True),  # nothing: everywhere
    sa.Column("scope", Text, primary_key=True),
    sa.Column("name", Text, primary_key=True),
    sa.Column("value", Text, nullable=False),
    sa.Column("set_by", Text, nullable=False),
    sa.Column("set_at", Whole, nullable=False),
    sqlite_strict=True,
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Whole, primary_key=True),
    sa.Column("at", Whole, nullable=False),
    sa.Column("guild", Text, nullable=False),
    sa.Column("actor", Text, nullable=False),
    sa.Column("action", Text, nullable=False),
    sa.Column("detail", Text, nullable=False),
    sqlite_strict=True,
)
sa.Index("audit_guild", audit.c.guild, audit.c.id)
