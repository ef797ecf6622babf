"""What others are told: several deliveries of one end, and who wants one of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("target", sa.Text, nullable=False, server_default=""))
    op.drop_index("deliveries_waiting", "deliveries")
    condition = sa.text("state = 'waiting'")
    op.create_index(
        "deliveries_waiting",
        "deliveries",
        ["job_id", "target"],
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )
    op.create_table(
        "subscriptions",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("states", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("origin", sa.Text),
        sa.PrimaryKeyConstraint("source", "target"),
        sa.CheckConstraint("target <> ''", name="subscriptions_target"),
        sqlite_strict=True,
    )
