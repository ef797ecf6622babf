"""The index of the words of prompts (SQLite's FTS5), kept in the transactions that queue jobs and take them out.

It holds no text of its own, it reads that of the requests, which never change. Where the library was built without
FTS5 there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import jobs

table = sa.table("prompts", sa.column("rowid"), sa.column("prompt"), sa.column("prompts"))
text = sa.func.json_extract(jobs.c.request, sa.literal_column("'$.prompt'"))

_IS_THERE = sa.text(
    "SELECT EXISTS (SELECT 1 FROM pragma_module_list WHERE name = 'fts5')"
    " AND EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'prompts')"
)
# The newest are those of this transaction: there is one writer.
_newest = sa.select(sa.func.max(jobs.c.seq)).scalar_subquery()
ADD = sa.insert(table).from_select(
    ["rowid", "prompt"], sa.select(jobs.c.seq, text).where(jobs.c.seq > _newest - sa.bindparam("number"))
)


def is_there(connection: Connection) -> bool:
    """Asked once of each connection to the file."""
    known = connection.info.get("prompts")
    if known is None:
        known = connection.info["prompts"] = bool(connection.execute(_IS_THERE).scalar_one())
    return bool(known)


def add(connection: Connection, number: int) -> None:
    """So many jobs were queued last, in this transaction: from now on they are found."""
    if is_there(connection):
        connection.execute(ADD, {"number": number})


def remove_of_jobs(connection: Connection, names: Sequence[str]) -> None:
    """These jobs are about to go: they are found no more."""
    if is_there(connection):
        gone = sa.select(sa.literal_column("'delete'"), jobs.c.seq, text).where(jobs.c.id.in_(names))
        connection.execute(sa.insert(table).from_select(["prompts", "rowid", "prompt"], gone))
