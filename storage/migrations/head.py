"""Which steps there are, without importing alembic to find out."""

from __future__ import annotations

KNOWN = ("0001",)
HEAD = KNOWN[-1]
