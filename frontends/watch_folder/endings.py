"""An order is over: its file goes to ``done/<date>/``, or to ``failed/`` beside a text that says why."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from config import failpoints
from config.folders import Places
from daemon.service import Order, Service
from frontends.files import paths, whole_files
from frontends.watch_folder import claiming, error_text
from frontends.watch_folder.error_text import Problem
from frontends.watch_folder.feeding import source_name
from frontends.watch_folder.source import Source

WHOLE_FILE = 0
"""The "line" of what is wrong with a file as a whole."""


async def refuse(service: Service, order: Order, why: str) -> None:
    """The file as a whole can't be carried out (any further): it is noted as line 0, and no more lines are read.

    What was submitted already goes on; the order ends like any other, once that has ended.
    """
    await service.orders.add_line_error(order.id, WHOLE_FILE, why)
    if order.lines_total is None:
        await service.orders.describe(order.id, None, 0)
    else:
        await service.orders.advance(order.id, order.lines_total + 1)


async def finish(
    service: Service, places: Places, order: Order, source: Source | None, now: int, naming: asyncio.Lock
) -> bool:
    """All lines have ended and were delivered: bring the file to its end, then end the row. Safe to repeat.

    False when anything of it failed. ``naming`` is held while a name is chosen and taken. Raises ``OSError`` when the
    file can't be moved now.
    """
    states = await service.orders.line_states(order.id)
    problems = await _problems(service, order, states)
    failpoints.reach("order.before_done")
    if problems:
        text = error_text.compose(
            name=source_name(order),
            order_id=order.id,
            folder=places.path,
            taken_at=order.created_at,
            problems=problems,
            drawn=sum(state == "done" for _, _, state, _ in states),
        )
        async with naming:
            await asyncio.to_thread(_to_failed, places, source, text)
    else:
        async with naming:
            await asyncio.to_thread(_to_done, places, source_name(order), source, now)
    failpoints.reach("order.after_done")
    said = "; ".join(error_text.line_of(problem) for problem in problems[:3])[:500]
    await service.orders.end(order.id, "failed" if problems else "ended", said or None)
    if source is not None:
        await asyncio.to_thread(claiming.leave, places.path, source)
    return not problems


async def _problems(
    service: Service, order: Order, states: Sequence[tuple[int, str, str, str | None]]
) -> list[Problem]:
    errors = await service.orders.line_errors(order.id)
    failed = [(line, _why(state, error)) for line, _, state, error in states if state != "done"]
    return sorted({*errors, *failed})


def _why(state: str, error: str | None) -> str:
    return "cancelled" if state == "cancelled" else error or "it could not be drawn"


def _to_done(places: Places, name: str, source: Source | None, now: int) -> None:
    directories, own = paths.split(name)
    day = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m-%d")
    if source is not None and not source.in_place:
        with whole_files.directory(places.done, (day, *directories)) as target:
            _bring(source, target, source.main)
    with suppress(FileNotFoundError), paths.directory(places.failed, directories) as failed:
        if not paths.is_there(own, failed):  # it was moved back and has succeeded: the old text is no longer true
            os.unlink(_error_name(own), dir_fd=failed)


def _to_failed(places: Places, source: Source | None, text: str) -> None:
    """The text first: whoever finds the file finds the reason. After a crash in between the same name is chosen."""
    if source is None:  # a crash came after the move
        return
    directories, own = paths.split(source.name)
    with whole_files.directory(places.failed, directories) as target:
        final = own if source.in_place else whole_files.free_name(target, own)
        whole_files.write(target, _error_name(final), text.encode())
        if not source.in_place:
            _bring(source, target, final)


def _error_name(own: str) -> str:
    return paths.fitted(own, ".error.txt")


def _bring(source: Source, target: int, name: str) -> None:
    with paths.directory(source.root, source.directory) as parent:
        for own in source.files:
            wanted = name if own == source.main else own
            whole_files.move(parent, own, target, whole_files.free_name(target, wanted))
