"""Lanes and owners by measured engine-seconds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Frozen as they were: a migration never follows the tables of today.
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    _jobs()
    _speeds()
    _turns()


def _jobs() -> None:
    op.add_column("jobs", sa.Column("model", sa.Text))
    op.execute("UPDATE jobs SET model = json_extract(request, '$.model')")
    op.add_column("jobs", sa.Column("engine_seconds", Real, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("charged", Real))


def _speeds() -> None:
    op.create_table(
        "speeds",
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("width", Whole, nullable=False),
        sa.Column("height", Whole, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("n", Real, nullable=False),
        sa.Column("steps", Real, nullable=False),
        sa.Column("steps_squared", Real, nullable=False),
        sa.Column("engine", Real, nullable=False),
        sa.Column("engine_steps", Real, nullable=False),
        sa.Column("drawing", Real, nullable=False),
        sa.Column("drawing_steps", Real, nullable=False),
        sa.Column("together", Real, nullable=False),
        sa.Column("together_squared", Real, nullable=False),
        sa.Column("forward", Real, nullable=False),
        sa.Column("forward_together", Real, nullable=False),
        sa.Column("learned_at", Whole, nullable=False),
        sa.CheckConstraint("kind IN ('text','image')", name="speeds_kind"),
        sa.CheckConstraint("width > 0 AND height > 0 AND n > 0", name="speeds_sizes"),
        sa.CheckConstraint("engine >= 0 AND drawing >= 0 AND forward >= 0", name="speeds_seconds"),
        sa.PrimaryKeyConstraint("model", "width", "height", "kind"),
        sqlite_strict=True,
    )
    op.create_index("speeds_oldest", "speeds", ["learned_at"])
    op.create_table(
        "loads",
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("n", Real, nullable=False),
        sa.Column("seconds", Real, nullable=False),
        sa.Column("learned_at", Whole, nullable=False),
        sa.CheckConstraint("n > 0 AND seconds >= 0", name="loads_seconds"),
        sa.PrimaryKeyConstraint("model"),
        sqlite_strict=True,
    )
    op.create_index("loads_oldest", "loads", ["learned_at"])


def _turns() -> None:
    op.add_column("jobs", sa.Column("weight", Real, nullable=False, server_default="1"))
    op.add_column("lane_owners", sa.Column("since", Whole, nullable=False, server_default="0"))
    op.drop_index("lane_owners_turn")
    condition = sa.text("active = 1")
    op.create_index(
        "lane_owners_turn",
        "lane_owners",
        ["lane", "virtual_time", "since", "owner"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
    # Times were in megapixel-steps: all begin anew. Who has nothing to claim is at rest from now on.
    op.execute("UPDATE lanes SET virtual_time = 0")
    op.execute(
        "UPDATE lane_owners SET virtual_time = 0, active = EXISTS (SELECT 1 FROM jobs WHERE state = 'queued'"
        " AND not_before IS NULL AND jobs.lane = lane_owners.lane AND jobs.owner = lane_owners.owner)"
    )
