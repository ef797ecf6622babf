"""Files seen in watched folders, and how far each has been carried out.

A row is the claim: it is there before the file is moved. ``next_line`` is the cursor of a file of many lines; it
moves in the transaction that enqueues the lines it passes, so that a crash neither loses a line nor doubles one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, TextClause, exists, func, insert, or_, select, text, update

from config.errors import NotFoundError
from config.ids import new_id
from storage.queue.job import TERMINAL
from storage.schema import deliveries, jobs, order_errors, orders

OPEN = "state IN ('claimed', 'queued')"
FAILED = TERMINAL - {"done"}


@dataclass(frozen=True, kw_only=True)
class Order:
    """One appearance of a file: ``name`` is its path within the folder, ``lines_total`` the number of its last line."""

    id: str
    folder: str
    name: str
    state: str
    fingerprint: str | None
    inode: int
    size: int
    mtime_ns: int
    claimed_path: str | None
    lines_total: int | None
    next_line: int
    error: str | None
    created_at: int
    ended_at: int | None


def begin(
    connection: Connection,
    folder: str,
    name: str,
    inode: int,
    size: int,
    mtime_ns: int,
    now: int,
    *,
    claimed_path: str | None = None,
) -> Order:
    """A file is about to be claimed."""
    order_id = new_id(now)
    connection.execute(
        insert(orders).values(
            id=order_id,
            folder=folder,
            name=name,
            state="claimed",
            inode=str(inode),
            size=size,
            mtime_ns=mtime_ns,
            claimed_path=claimed_path,
            next_line=1,
            created_at=now,
        )
    )
    return get(connection, order_id)


def get(connection: Connection, order_id: str) -> Order:
    """By id."""
    found = _select(connection, orders.c.id == order_id)
    if not found:
        raise NotFoundError(f"there is no order {order_id}")
    return found[0]


def describe(connection: Connection, order_id: str, fingerprint: str | None, lines_total: int | None) -> None:
    """What it holds is known now: hash of content and settings, and the number of its last line."""
    connection.execute(
        update(orders)
        .where(orders.c.id == order_id, text(OPEN))
        .values(state="queued", fingerprint=fingerprint, lines_total=lines_total)
    )


def advance(connection: Connection, order_id: str, next_line: int) -> None:
    """Move the cursor; never back."""
    connection.execute(
        update(orders).where(orders.c.id == order_id, orders.c.next_line < next_line).values(next_line=next_line)
    )


def end(connection: Connection, order_id: str, state: str, error: str | None, now: int) -> None:
    """It is over: ``ended`` or ``failed``."""
    connection.execute(
        update(orders).where(orders.c.id == order_id, text(OPEN)).values(state=state, error=error, ended_at=now)
    )


def open_orders(connection: Connection, folder: str) -> list[Order]:
    """Those of the folder that are not over, the oldest first."""
    return _select(connection, orders.c.folder == folder, text(OPEN))


def seen(connection: Connection, folder: str, name: str, inode: int, size: int, mtime_ns: int) -> Order | None:
    """The newest order that this very file was, in whatever state."""
    same = (orders.c.inode == str(inode)) & (orders.c.size == size) & (orders.c.mtime_ns == mtime_ns)
    return next(iter(_select(connection, orders.c.folder == folder, orders.c.name == name, same)[::-1]), None)


def earlier(connection: Connection, folder: str, fingerprint: str) -> Order | None:
    """The newest order of the same fingerprint of which every line was drawn."""
    whole = _select(
        connection,
        orders.c.folder == folder,
        orders.c.fingerprint == fingerprint,
        orders.c.state == "ended",
        ~exists().where(order_errors.c.order_id == orders.c.id),
        ~exists().where(jobs.c.order_id == orders.c.id, jobs.c.state.in_(FAILED)),
    )
    return whole[-1] if whole else None


def outstanding(connection: Connection, order_id: str) -> int:
    """Jobs that have not ended, or whose end is still to be delivered; 0 when the order may be ended."""
    undelivered = exists().where(deliveries.c.job_id == jobs.c.id, deliveries.c.state == "waiting")
    query = select(func.count()).where(jobs.c.order_id == order_id, or_(jobs.c.state.not_in(TERMINAL), undelivered))
    return connection.execute(query).scalar_one()


def line_states(connection: Connection, order_id: str) -> list[tuple[int, str, str, str | None]]:
    """``(line, job id, state, error)`` of every line that became a job."""
    query = select(jobs).where(jobs.c.order_id == order_id).order_by(jobs.c.line, jobs.c.seq)
    return [
        (row["line"] or 0, row["id"], row["state"], _words(row["error_message"], row["error_hint"]))
        for row in connection.execute(query).mappings()
    ]


def add_line_error(connection: Connection, order_id: str, line: int, message: str) -> None:
    """A line never became a job. Saying so twice is the same as once."""
    known = exists().where(order_errors.c.order_id == order_id, order_errors.c.line == line)
    if not connection.execute(select(known)).scalar_one():
        connection.execute(insert(order_errors).values(order_id=order_id, line=line, message=message))


def line_errors(connection: Connection, order_id: str) -> list[tuple[int, str]]:
    """``(line, message)`` of the lines that never became jobs."""
    query = select(order_errors.c.line, order_errors.c.message).where(order_errors.c.order_id == order_id)
    return [(row.line, row.message) for row in connection.execute(query.order_by(order_errors.c.line))]


def _words(message: str | None, hint: str | None) -> str | None:
    return f"{message} ({hint})" if message and hint else message


def _select(connection: Connection, *conditions: ColumnElement[bool] | TextClause) -> list[Order]:
    found = connection.execute(select(orders).where(*conditions).order_by(orders.c.id)).mappings()
    return [Order(**{**row, "inode": int(row["inode"])}) for row in found]
