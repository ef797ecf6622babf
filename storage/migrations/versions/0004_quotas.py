"""What each may use: groups of jobs, what jobs hold, and what was used by scope and period."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Frozen as they were: a migration never follows the tables of today.
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

DAY = "strftime('%Y-%m-%d', queued_at / 1000, 'unixepoch')"
MONTH = "strftime('%Y-%m', queued_at / 1000, 'unixepoch')"
REMEMBERED = "queued_at >= (strftime('%s', 'now') - 62 * 86400) * 1000"
OPEN = "state IN ('queued', 'running')"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("groups", sa.Text, nullable=False, server_default="[]"))
    op.add_column("jobs", sa.Column("quota_day", sa.Text))
    for held in ("held_pictures", "held_ms", "held_bytes"):
        op.add_column("jobs", sa.Column(held, Whole, nullable=False, server_default="0"))
    _tables()
    _fill()


def _tables() -> None:
    op.create_table(
        "usage",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("held_pictures", Whole, nullable=False),
        sa.Column("held_ms", Whole, nullable=False),
        sa.Column("pictures", Whole, nullable=False),
        sa.Column("engine_ms", Whole, nullable=False),
        sa.CheckConstraint("kind IN ('day','month')", name="usage_kind"),
        sa.CheckConstraint("held_pictures >= 0 AND held_ms >= 0", name="usage_held"),
        sa.CheckConstraint("pictures >= 0 AND engine_ms >= 0", name="usage_used"),
        sa.PrimaryKeyConstraint("scope", "kind", "period"),
        sqlite_strict=True,
    )
    op.create_table(
        "stored",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("pictures", Whole, nullable=False),
        sa.Column("bytes", Whole, nullable=False),
        sa.Column("held_bytes", Whole, nullable=False),
        sa.Column("open_jobs", Whole, nullable=False),
        sa.CheckConstraint("pictures >= 0 AND bytes >= 0 AND held_bytes >= 0 AND open_jobs >= 0", name="stored_sizes"),
        sa.PrimaryKeyConstraint("scope"),
        sqlite_strict=True,
    )


def _fill() -> None:
    """What is stored, what waits and what was made lately counts from the first day on (days being those of UTC)."""
    op.execute(
        f"UPDATE jobs SET quota_day = {DAY}, held_pictures = coalesce(json_extract(request, '$.count'), 1) WHERE {OPEN}"
    )
    op.execute(
        "INSERT INTO stored (scope, pictures, bytes, held_bytes, open_jobs)"
        " SELECT 'owner:' || owner, coalesce(sum(made), 0), coalesce(sum(size), 0), 0,"
        f" sum({OPEN})"
        " FROM jobs LEFT JOIN (SELECT job_id, count(*) AS made, sum(bytes) AS size FROM pictures GROUP BY job_id)"
        " ON job_id = jobs.id GROUP BY owner"
    )
    for kind, period in (("day", DAY), ("month", MONTH)):
        op.execute(
            "INSERT INTO usage (scope, kind, period, held_pictures, held_ms, pictures, engine_ms)"
            f" SELECT 'owner:' || owner, '{kind}', {period}, sum(held_pictures), 0,"
            " sum((SELECT count(*) FROM pictures WHERE job_id = jobs.id)), 0"
            f" FROM jobs WHERE {OPEN} OR {REMEMBERED} GROUP BY owner, {period}"
        )
