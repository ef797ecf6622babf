"""The pictures that somebody likes. They go when the picture goes."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import NotFoundError, UserError
from storage import values
from storage.queue.job import Picture
from storage.queue.rows import picture_of
from storage.schema import favourites, pictures

MAX_EACH = 10_000
"""Of one owner."""
MAX_ASKED = 500
"""Pictures of one question."""

_NUMBER = sa.select(sa.func.count()).select_from(favourites).where(favourites.c.owner == sa.bindparam("of_owner"))
_BEFORE = (
    sa.select(favourites.c.seq)
    .where(favourites.c.owner == sa.bindparam("of_owner"), favourites.c.picture_id == sa.bindparam("picture"))
    .scalar_subquery()
)
NEWEST = (
    sa.select(pictures)
    .join(favourites, favourites.c.picture_id == pictures.c.id)
    .where(favourites.c.owner == sa.bindparam("of_owner"))
    .order_by(favourites.c.seq.desc())
    .limit(sa.bindparam("most"))
)
OLDER = NEWEST.where(favourites.c.seq < _BEFORE)


def add(connection: Connection, owner: str, picture: str, *, now: int) -> bool:
    """False when it was one already. Raises :class:`NotFoundError`, and :class:`UserError` for too many."""
    values.named("owner", owner)
    if connection.execute(sa.select(pictures.c.id).where(pictures.c.id == picture)).first() is None:
        raise NotFoundError(f"there is no picture {picture}")
    if picture in among(connection, owner, [picture]):
        return False
    if connection.execute(_NUMBER, {"of_owner": owner}).scalar_one() >= MAX_EACH:
        raise UserError(f"there are {MAX_EACH} favourites already", hint="take some of them off the list first")
    connection.execute(sa.insert(favourites), {"owner": owner, "picture_id": picture, "at": now})
    return True


def discard(connection: Connection, owner: str, picture: str) -> bool:
    """False when it was none."""
    one = (favourites.c.owner == owner, favourites.c.picture_id == picture)
    return bool(connection.execute(sa.delete(favourites).where(*one)).rowcount)


def of(connection: Connection, owner: str, limit: int, before: str | None = None) -> list[Picture]:
    """Those of an owner, the last chosen first; ``before`` is one of them: only those chosen earlier."""
    given = {"of_owner": owner, "most": limit}
    if before is None:
        return [picture_of(row) for row in connection.execute(NEWEST, given)]
    return [picture_of(row) for row in connection.execute(OLDER, {**given, "picture": before})]


def among(connection: Connection, owner: str, wanted: Sequence[str]) -> set[str]:
    """Those of these pictures that are his; at most 500 may be asked about."""
    if len(wanted) > MAX_ASKED:
        raise UserError(f"at most {MAX_ASKED} pictures may be asked about at once")
    found = sa.select(favourites.c.picture_id).where(favourites.c.owner == owner)
    return set(connection.execute(found.where(favourites.c.picture_id.in_(wanted))).scalars())


def remove_of_jobs(connection: Connection, names: Sequence[str]) -> None:
    """The pictures of these jobs are about to go."""
    going = sa.select(pictures.c.id).where(pictures.c.job_id.in_(names))
    connection.execute(sa.delete(favourites).where(favourites.c.picture_id.in_(going)))
