"""What accepted submissions write, in one transaction: the jobs that fit, and how far their order file is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config.errors import QuotaError, UserError
from daemon.service.submission import OrderProgress
from storage import orders, queue
from storage.database import Connection
from storage.queue.job import Enqueued, NewJob
from storage.quotas.periods import Periods


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order would be read, and the line of each submission."""

    order: OrderProgress
    lines: Sequence[int | None]


def record(
    connection: Connection,
    new: Sequence[NewJob | UserError],
    progress: Progress | None,
    now: int,
    periods: Periods,
    max_queued: int | None = None,
) -> list[Enqueued | UserError | QuotaError]:
    """One transaction: what fits is queued, and an order moves on as far as that goes.

    Raises :class:`config.errors.BusyError` where the queue would be longer than ``max_queued``.
    """
    jobs = [each for each in new if isinstance(each, NewJob)]
    judged = iter(
        queue.enqueue_what_fits(
            connection, jobs, now=now, periods=periods, in_order=progress is not None, max_queued=max_queued
        )
    )
    answers = [next(judged) if isinstance(each, NewJob) else each for each in new]
    if progress is not None:
        _move_on(connection, progress, answers)
    return answers


def _move_on(connection: Connection, progress: Progress, answers: Sequence[Enqueued | UserError | QuotaError]) -> None:
    order = progress.order
    placed = list(zip(progress.lines, answers, strict=True))
    # Lines from the first that waits for room on are read again.
    waiting = [line for line, answer in placed if isinstance(answer, QuotaError) and line is not None]
    next_line = min([order.next_line, *waiting])
    refused = [(line, _in_words(answer)) for line, answer in placed if isinstance(answer, UserError)]
    for line, message in (*order.errors, *refused):
        if line is not None and line < next_line:
            orders.add_line_error(connection, order.order_id, line, message)
    orders.advance(connection, order.order_id, next_line)


def _in_words(error: UserError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message
