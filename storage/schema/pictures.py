"""Results: a row for each picture file, and what it descends from."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Text, Whole, metadata

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("job_id", Text, sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("number", Whole, nullable=False),  # the picture's index within its job, from 0
    sa.Column("path", Text, nullable=False, unique=True),
    sa.Column("sha256", Text, nullable=False),
    sa.Column("pixels_sha256", Text, nullable=False),
    sa.Column("seed", Whole, nullable=False),
    sa.Column("width", Whole, nullable=False),
    sa.Column("height", Whole, nullable=False),
    sa.Column("bytes", Whole, nullable=False),
    sa.Column("facts", Text, nullable=False),
    sa.Column("created_at", Whole, nullable=False),
    sa.UniqueConstraint("job_id", "number", name="pictures_job"),  # a job has one result set
    sa.CheckConstraint("length(id) = 16", name="pictures_id"),
    sa.CheckConstraint("number >= 0 AND width > 0 AND height > 0 AND bytes > 0", name="pictures_sizes"),
    sa.CheckConstraint("length(sha256) = 64 AND length(pixels_sha256) = 64", name="pictures_digests"),
    sqlite_strict=True,
)

removals = sa.Table("removals", metadata, sa.Column("path", Text, primary_key=True), sqlite_strict=True)
"""Picture files whose rows are gone: noted in the transaction that deleted those, forgotten once the files are."""

lineage = sa.Table(
    "lineage",
    metadata,
    sa.Column("child_job", Text, sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("parent_picture", Text, sa.ForeignKey("pictures.id")),
    sa.Column("parent_job", Text, sa.ForeignKey("jobs.id")),
    sa.CheckConstraint("(parent_picture IS NULL) <> (parent_job IS NULL)", name="lineage_parent"),
    sqlite_strict=True,
)
sa.Index("lineage_picture", lineage.c.parent_picture)
sa.Index("lineage_job", lineage.c.parent_job)
