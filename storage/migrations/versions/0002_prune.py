"""What pruning needs: files still to be removed, which input picture a job starts from, which orders are remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Frozen as they were: a migration never follows the tables of today.
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "removals", sa.Column("path", sa.Text, nullable=False), sa.PrimaryKeyConstraint("path"), sqlite_strict=True
    )
    op.add_column("jobs", sa.Column("image", sa.Text))
    op.execute("UPDATE jobs SET image = json_extract(request, '$.image')")
    condition = sa.text("image IS NOT NULL")
    op.create_index("jobs_image", "jobs", ["image"], sqlite_where=condition, postgresql_where=condition)
    # Of the orders that are there nobody knows whether their folder wanted to know its contents again: it may have.
    op.add_column("orders", sa.Column("remembered", Whole, nullable=False, server_default="1"))
