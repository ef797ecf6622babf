"""The index of the words of prompts (SQLite's FTS5), kept in the transactions that queue jobs and take them out.

It holds no text of its own, it reads that of the requests, which never change. Where the library was built without
FTS5 there is none; one that was kept elsewhere before is given up there, and made anew where there is FTS5 again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import jobs

table = sa.table("prompts", sa.column("rowid"), sa.column("prompt"), sa.column("prompts"))
text = sa.func.json_extract(jobs.c.request, sa.literal_column("'$.prompt'"))

MODULE = "fts5"
_SEEN = sa.text(
    "SELECT EXISTS (SELECT 1 FROM pragma_module_list WHERE name = :module) AS can_be,"
    " EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'prompts') AS is_there,"
    " EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'prompts_of_jobs') AS is_kept"
)
_ANEW = (
    "DROP TABLE IF EXISTS prompts",
    "DROP VIEW IF EXISTS prompts_of_jobs",
    "CREATE VIEW prompts_of_jobs AS SELECT seq, json_extract(request, '$.prompt') AS prompt FROM jobs",
    "CREATE VIRTUAL TABLE prompts USING fts5(prompt, content='prompts_of_jobs', content_rowid='seq',"
    " columnsize=0, tokenize='unicode61 remove_diacritics 2')",
    "INSERT INTO prompts (rowid, prompt) SELECT seq, prompt FROM prompts_of_jobs",
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
        seen = _seen(connection)
        known = connection.info["prompts"] = bool(seen.can_be and seen.is_there and seen.is_kept)
    return bool(known)


def is_in_step(connection: Connection) -> bool:
    """False where :func:`bring_in_step` has something to do."""
    seen = _seen(connection)
    return bool(seen.is_there and seen.is_kept) if seen.can_be else not seen.is_kept


def bring_in_step(connection: Connection) -> None:
    """At the opening of a file that another library had, before anything is written.

    One without FTS5 can't even drop the index. It takes away the view that the index reads, and so it is seen that
    jobs came and went meanwhile. Making it anew takes some twenty seconds for a million jobs.
    """
    if _seen(connection).can_be:
        for statement in _ANEW:
            connection.exec_driver_sql(statement)
    else:
        connection.exec_driver_sql("DROP VIEW prompts_of_jobs")


def _seen(connection: Connection) -> sa.Row[Any]:
    return connection.execute(_SEEN, {"module": MODULE}).one()


def add(connection: Connection, number: int) -> None:
    """So many jobs were queued last, in this transaction: from now on they are found."""
    if is_there(connection):
        connection.execute(ADD, {"number": number})


def remove_of_jobs(connection: Connection, names: Sequence[str]) -> None:
    """These jobs are about to go: they are found no more."""
    if is_there(connection):
        gone = sa.select(sa.literal_column("'delete'"), jobs.c.seq, text).where(jobs.c.id.in_(names))
        connection.execute(sa.insert(table).from_select(["prompts", "rowid", "prompt"], gone))
