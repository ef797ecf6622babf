"""Order files of the watched folders: claimed by a row, read line by line, ended when all their lines have.

The row is committed before the file is moved, and the cursor ``next_line`` moves in the transaction that queues the
jobs of the lines before it: a crash at any point leaves each line exactly one job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import NotFoundError
from config.ids import new_id
from storage.schema import deliveries, jobs, orders
from storage.schema import line_errors as refused_lines
from storage.schema.deliveries import is_waiting
from storage.schema.jobs import is_open as job_is_open
from storage.schema.orders import is_claimed, is_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order file. It is wholly submitted when ``next_line > lines_total``."""

    id: str
    folder: str
    name: str
    """Relative to the folder."""
    state: str
    """``claimed``, then ``queued`` once it has been read, then ``ended`` or ``failed``."""
    fingerprint: str | None
    inode: int
    size: int
    mtime_ns: int
    claimed_path: str | None
    lines_total: int | None
    """Number of the last line; None until the file has been read."""
    next_line: int
    submitted: int
    """Lines that became jobs."""
    error: str | None
    created_at: int
    ended_at: int | None
    remembered: int = 1
    """1 when the row outlives its jobs, because the folder wants to know the content again."""


def begin(
    connection: Connection,
    folder: str,
    name: str,
    inode: int,
    size: int,
    mtime_ns: int,
    now: int,
    claimed_path: str | None = None,
) -> Order:
    """Claim a file. Begun again before it was described, the same file is the same order."""
    file = _file(folder, name, inode, size, mtime_ns)
    known = connection.execute(sa.select(orders).where(file, is_claimed)).first()
    if known is not None:
        return _order(known)
    row = {
        "id": new_id(now),
        "folder": folder,
        "name": name,
        "state": "claimed",
        "inode": str(inode),
        "size": size,
        "mtime_ns": mtime_ns,
        "claimed_path": claimed_path,
        "next_line": 1,
        "submitted": 0,
        "created_at": now,
    }
    connection.execute(sa.insert(orders), row)
    return get(connection, str(row["id"]))


def get(connection: Connection, order: str) -> Order:
    """By its id; :class:`NotFoundError`."""
    row = connection.execute(sa.select(orders).where(orders.c.id == order)).first()
    if row is None:
        raise NotFoundError(f"there is no order {order}")
    return _order(row)


def describe(
    connection: Connection, order: str, fingerprint: str | None, lines_total: int | None, *, remembered: bool = True
) -> None:
    """The file has been read: its content and settings hash, and the number of its last line.

    ``remembered``: the folder wants to know this content again, even after the jobs have been pruned.
    """
    values = {"fingerprint": fingerprint, "lines_total": lines_total, "remembered": int(remembered)}
    _update(connection, order, state="queued", **values)


def advance(connection: Connection, order: str, next_line: int) -> None:
    """The lines before this one have been dealt with. The cursor never goes back."""
    connection.execute(
        sa.update(orders).where(orders.c.id == order, orders.c.next_line < next_line).values(next_line=next_line)
    )


def end(connection: Connection, order: str, state: str, error: str | None, now: int) -> None:
    """The order is over: ``ended`` or ``failed``."""
    _update(connection, order, state=state, error=error, ended_at=now)


def open_orders(connection: Connection, folder: str) -> list[Order]:
    """Orders that are not over, oldest first."""
    rows = connection.execute(sa.select(orders).where(orders.c.folder == folder, is_open).order_by(orders.c.id))
    return sorted((_order(row) for row in rows), key=lambda order: (order.created_at, order.id))


def seen(connection: Connection, folder: str, name: str, inode: int, size: int, mtime_ns: int) -> Order | None:
    """The newest order that this very file was, in whatever state."""
    return _newest(connection, _file(folder, name, inode, size, mtime_ns))


def earlier(connection: Connection, folder: str, fingerprint: str) -> Order | None:
    """The newest order of the same content and settings whose every line was drawn."""
    of_order = jobs.c.order_id == orders.c.id
    return _newest(
        connection,
        (orders.c.folder == folder)
        & (orders.c.fingerprint == fingerprint)
        & (orders.c.state == "ended")
        & ~sa.exists().where(refused_lines.c.order_id == orders.c.id)
        & ~sa.exists().where(of_order, jobs.c.state != "done"),
    )


def outstanding(connection: Connection, order: str) -> int:
    """Jobs of the order that have not ended, or whose end is still to be delivered; 0 when it may be ended."""
    running = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.order_id == order, job_is_open)
    undelivered = (
        sa.select(sa.func.count())
        .select_from(deliveries.join(jobs, jobs.c.id == deliveries.c.job_id))
        .where(is_waiting, jobs.c.order_id == order, ~job_is_open)
    )
    return int(connection.execute(running).scalar_one() + connection.execute(undelivered).scalar_one())


def over(connection: Connection, folder: str) -> list[str]:
    """Orders of the folder that are not ended yet and have nothing :func:`outstanding`, found in one go."""
    mine = jobs.c.order_id == orders.c.id
    running = sa.exists().where(mine, job_is_open)
    undelivered = sa.exists().where(deliveries.c.job_id == jobs.c.id, mine, is_waiting, ~job_is_open)
    submitted = orders.c.next_line > orders.c.lines_total
    wanted = sa.select(orders.c.id).where(orders.c.folder == folder, is_open, submitted, ~running, ~undelivered)
    return list(connection.execute(wanted).scalars())


def line_states(connection: Connection, order: str) -> list[tuple[int, str, str, str | None]]:
    """``(line, job id, state, error)`` of every line that became a job, in order."""
    columns = (jobs.c.line, jobs.c.id, jobs.c.state, jobs.c.error_message, jobs.c.error_hint)
    rows = connection.execute(
        sa.select(*columns).where(jobs.c.order_id == order, jobs.c.line.is_not(None)).order_by(jobs.c.line, jobs.c.seq)
    )
    return [(row.line, row.id, row.state, _in_words(row.error_message, row.error_hint)) for row in rows]


def add_line_error(connection: Connection, order: str, line: int, message: str) -> None:
    """The line never becomes a job, and why (line 0: the file as a whole). Said again, the newer words count."""
    mine = (refused_lines.c.order_id == order) & (refused_lines.c.line == line)
    if connection.execute(sa.update(refused_lines).where(mine).values(message=message)).rowcount == 0:
        connection.execute(sa.insert(refused_lines), {"order_id": order, "line": line, "message": message})


def line_errors(connection: Connection, order: str) -> list[tuple[int, str]]:
    """``(line, message)`` of the lines that never became jobs, in order."""
    rows = connection.execute(
        sa.select(refused_lines.c.line, refused_lines.c.message)
        .where(refused_lines.c.order_id == order)
        .order_by(refused_lines.c.line)
    )
    return [(row.line, row.message) for row in rows]


def _newest(connection: Connection, which: sa.ColumnElement[bool]) -> Order | None:
    wanted = sa.select(orders).where(which).order_by(orders.c.created_at.desc(), orders.c.id.desc()).limit(1)
    row = connection.execute(wanted).first()
    return None if row is None else _order(row)


def _file(folder: str, name: str, inode: int, size: int, mtime_ns: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        orders.c.folder == folder,
        orders.c.name == name,
        orders.c.inode == str(inode),
        orders.c.size == size,
        orders.c.mtime_ns == mtime_ns,
    )


def _update(connection: Connection, order: str, **values: Any) -> None:
    if connection.execute(sa.update(orders).where(orders.c.id == order).values(**values)).rowcount == 0:
        raise NotFoundError(f"there is no order {order}")


def _in_words(message: str | None, hint: str | None) -> str | None:
    return f"{message} ({hint})" if message and hint else message


def _order(row: sa.Row[Any]) -> Order:
    return Order(**{**row._mapping, "inode": int(row.inode)})
