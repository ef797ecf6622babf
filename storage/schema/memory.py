"""What is remembered of people: small values by name, and the pictures they like."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Text, Whole, metadata

memory = sa.Table(
    "memory",
    metadata,
    sa.Column("scope", Text, primary_key=True),
    sa.Column("name", Text, primary_key=True),
    sa.Column("value", Text, nullable=False),
    sa.Column("changed_at", Whole, nullable=False),
    sa.Column("job_id", Text, sa.ForeignKey("jobs.id")),  # with which it goes; none: it stays until it is dropped
    sqlite_strict=True,
)
sa.Index("memory_job", memory.c.job_id)

favourites = sa.Table(
    "favourites",
    metadata,
    sa.Column("seq", Whole, primary_key=True),  # the order in which they were chosen
    sa.Column("owner", Text, nullable=False),
    sa.Column("picture_id", Text, sa.ForeignKey("pictures.id"), nullable=False),
    sa.Column("at", Whole, nullable=False),
    sa.UniqueConstraint("owner", "picture_id", name="favourites_once"),
    sqlite_strict=True,
)
sa.Index("favourites_owner", favourites.c.owner, favourites.c.seq)
sa.Index("favourites_picture", favourites.c.picture_id)
