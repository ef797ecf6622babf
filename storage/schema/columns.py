"""What all tables share: one metadata, and column types that mean the same on every database.

Tables are strict: SQLite would otherwise store whatever it is given in whatever column.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

Text = sa.Text
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64-bit whole numbers; moments are UTC epoch milliseconds, truth values are 0 and 1."""
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def literal(text: str) -> sa.ColumnElement[str]:
    """A constant that is part of the SQL text: SQLite uses a partial index only if the condition has no parameters."""
    return sa.literal_column(f"'{text}'")
