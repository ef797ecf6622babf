"""All that is special about SQLite. Nothing else in storage imports ``sqlite3`` or names a pragma."""

from __future__ import annotations

from storage.sqlite.engines import Synchronous, open_reader, open_writer
from storage.sqlite.errors import aborts_transaction, spoils_connection, translated
from storage.sqlite.inspection import FIXED_IN, inspect, library_version, mark

__all__ = [
    "FIXED_IN",
    "Synchronous",
    "aborts_transaction",
    "inspect",
    "library_version",
    "mark",
    "open_reader",
    "open_writer",
    "spoils_connection",
    "translated",
]
