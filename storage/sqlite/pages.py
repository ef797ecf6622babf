"""Pages of the file that hold nothing any more: counted, and given back to the file system a few at a time."""

from __future__ import annotations

from sqlalchemy import Connection


def free(connection: Connection) -> int:
    """Bytes of the file that hold nothing; new rows take them first."""
    return _number(connection, "freelist_count") * _number(connection, "page_size")


def give_back(connection: Connection, pages: int) -> int:
    """Cut at most so many free pages off the file; returns how many.

    0 for a file that was made before this was possible: its free pages are used again, but it does not shrink (unless
    it is backed up and restored).
    """
    before = _number(connection, "freelist_count")
    if _number(connection, "auto_vacuum") == 0:
        return 0
    for _ in range(min(pages, before)):
        # One page a statement: the driver stops at the first step of a statement that returns no columns.
        connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
    return before - _number(connection, "freelist_count")


def _number(connection: Connection, pragma: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one())
