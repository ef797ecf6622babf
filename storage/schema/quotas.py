"""What was used: by scope (``owner:cli:anna``, ``guild:1234``) in each day and month, and what is stored now.

``held_`` is reserved for jobs that have not ended; the rest is used for good. Held amounts are always the sum over the
open jobs, whose rows say what each holds, so that nothing is to be mended after a crash.
"""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Text, Whole, metadata

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("scope", Text, primary_key=True),
    sa.Column("kind", Text, primary_key=True),
    sa.Column("period", Text, primary_key=True),  # 2027-01-31 or 2027-01, in the zone of the quotas
    sa.Column("held_pictures", Whole, nullable=False),
    sa.Column("held_ms", Whole, nullable=False),
    sa.Column("pictures", Whole, nullable=False),
    sa.Column("engine_ms", Whole, nullable=False),
    sa.CheckConstraint("kind IN ('day','month')", name="usage_kind"),
    sa.CheckConstraint("held_pictures >= 0 AND held_ms >= 0", name="usage_held"),
    sa.CheckConstraint("pictures >= 0 AND engine_ms >= 0", name="usage_used"),
    sqlite_strict=True,
)

stored = sa.Table(
    "stored",
    metadata,
    sa.Column("scope", Text, primary_key=True),
    sa.Column("pictures", Whole, nullable=False),
    sa.Column("bytes", Whole, nullable=False),
    sa.Column("held_bytes", Whole, nullable=False),
    sa.Column("open_jobs", Whole, nullable=False),
    sa.CheckConstraint("pictures >= 0 AND bytes >= 0 AND held_bytes >= 0 AND open_jobs >= 0", name="stored_sizes"),
    sqlite_strict=True,
)
"""Recorded pictures and open jobs of each scope. Each that ever had a job has its row until its last job is pruned."""
