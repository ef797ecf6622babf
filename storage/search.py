"""Finds jobs by the words of their prompts: by the index, or without one by a look at the newest jobs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage import prompts, queue
from storage.queue.job import Job
from storage.schema import jobs

MAX_TEXT, MAX_WORDS = 500, 16
"""Characters and words of one question; what is longer is cut off."""
SCANNED = 10_000
"""Jobs with these words that are looked at, the newest first; who asks for more gets what is among them."""
AT_ONCE = 500

MATCHING = (
    sa.select(prompts.table.c.rowid)
    .where(prompts.table.c.prompts.match(sa.bindparam("words")), prompts.table.c.rowid < sa.bindparam("before"))
    .order_by(prompts.table.c.rowid.desc())
    .limit(sa.bindparam("most"))
)
NEWEST = (
    sa.select(jobs.c.seq)
    .where(jobs.c.seq < sa.bindparam("before"))
    .order_by(jobs.c.seq.desc())
    .limit(sa.bindparam("most"))
)


def find(
    connection: Connection,
    text: str,
    *,
    owner: str | None,
    guild: str | None,
    viewer: str,
    limit: int,
    before: str | None = None,
) -> list[Job]:
    """Jobs that ``viewer`` may see whose prompts hold all words, of the last word the beginning; the newest first.

    Of a guild that is what its members ask for, but of private jobs only his own; without one, his own alone.
    ``before`` is a whole id: only jobs that came before that one. No text is wrong; one without words finds nothing.
    """
    words = words_of(text)
    if not words:
        return []
    found: list[str] = []
    for seqs in _pages(connection, words, _seq_of(connection, before)):
        wanted = sa.select(jobs.c.id).where(jobs.c.seq.in_(seqs), *_visible(owner, guild, viewer))
        if not prompts.is_there(connection):
            wanted = wanted.where(*(prompts.text.icontains(word, autoescape=True) for word in words))
        found += connection.execute(wanted.order_by(jobs.c.seq.desc()).limit(limit - len(found))).scalars()
        if len(found) >= limit:
            break
    return queue.find(connection, ids=found) if found else []


def words_of(text: str) -> list[str]:
    """Letters and digits alone, so that nothing in them means anything to the index."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text[:MAX_TEXT]))[:MAX_WORDS]


def _pages(connection: Connection, words: Sequence[str], before: int) -> Iterator[Sequence[int]]:
    given: dict[str, Any] = {"most": SCANNED, "before": before}
    statement = NEWEST
    if prompts.is_there(connection):
        # One question for all pages: for a short beginning the index puts all words together that begin so, each time.
        statement = MATCHING
        given["words"] = " ".join(f'"{word}"' for word in words) + "*"
    with connection.execute(statement, given) as found:
        yield from found.scalars().partitions(AT_ONCE)


def _visible(owner: str | None, guild: str | None, viewer: str) -> list[sa.ColumnElement[bool]]:
    if guild is None:
        may_see = [jobs.c.owner == viewer]
    else:
        is_open = sa.func.coalesce(sa.func.json_extract(jobs.c.origin_address, "$.private"), 0) == 0
        # A group stands in the list of the row as it is, in quotes: no name of one holds any.
        may_see = [sa.func.instr(jobs.c.groups, f'"guild:{guild}"') > 0, is_open | (jobs.c.owner == viewer)]
    return may_see if owner is None else [*may_see, jobs.c.owner == owner]


def _seq_of(connection: Connection, job: str | None) -> int:
    if job is None:
        return 2**63 - 1
    return int(connection.execute(sa.select(jobs.c.seq).where(jobs.c.id == job)).scalar() or 0)
