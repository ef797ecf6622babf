"""Lines become jobs.

Jobs, refusals and the cursor of the order are one transaction, so that a crash resumes at the next line.
"""

from __future__ import annotations

import asyncio
from typing import Any

from config import failpoints
from config.errors import UserError
from config.settings import FolderSettings
from daemon.service import Order, OrderProgress, Origin, Service, Submission
from frontends.watch_folder import naming, paths
from frontends.watch_folder import source as sources
from frontends.watch_folder.orders.entry import ORDER_FIELDS, Entry
from frontends.watch_folder.source import Batch, Source

SOURCE = "folder"


def owner_of(folder: FolderSettings) -> str:
    """All jobs of one folder have one owner, so that folders share the lane fairly."""
    return f"{SOURCE}:{folder.name}"


async def feed(service: Service, folder: FolderSettings, order: Order, source: Source, jobs: int) -> int:
    """Submit at most ``jobs`` of the lines that come next; returns how many became jobs.

    Raises :class:`UserError` when the order can't be read, ``OSError`` and :class:`RetryableError` when it can't now.
    """
    last = order.lines_total or 0
    batch = await asyncio.to_thread(sources.batch, source, folder, order.next_line, last, jobs)
    taken_in = await service.take_image(batch.image) if batch.image is not None else None
    submissions: list[Submission] = []
    errors: list[tuple[int, str]] = []
    for entry in batch.entries:
        try:
            submissions.append(await _submission(service, folder, order, batch, entry, taken_in))
        except UserError as error:
            errors.append((entry.line, in_words(error)))
    progress = OrderProgress(order_id=order.id, next_line=batch.next_line, errors=tuple(errors))
    answers = await service.submit_many(submissions, order=progress)
    failpoints.reach("order.after_submit")
    return sum(not isinstance(answer, UserError) for answer in answers)


async def _submission(
    service: Service, folder: FolderSettings, order: Order, batch: Batch, entry: Entry, taken_in: str | None
) -> Submission:
    if entry.error is not None:
        raise UserError(entry.error)
    fields = dict(entry.fields)
    beside = {name: fields.pop(name) for name in sorted(ORDER_FIELDS) if name in fields}
    own = batch.preset.overridden(beside)
    if entry.from_image:
        fields["image"] = taken_in
    if entry.foreign_model is not None:
        await _use_model_if_known(service, fields, entry.foreign_model)
    stem = naming.stem_of(source_name(order), entry.line, several=batch.several)
    address: dict[str, Any] = {"folder": folder.name, "order": order.id, "line": entry.line, "stem": stem}
    if own.tags:
        address["tags"] = list(own.tags)
    return Submission(
        fields=fields,
        owner=owner_of(folder),
        lane=own.lane,
        priority=own.priority,
        key=f"{order.id}:{entry.line}",
        origin=Origin(SOURCE, address),
        deliver=True,
        order_id=order.id,
        line=entry.line,
    )


async def _use_model_if_known(service: Service, fields: dict[str, Any], name: str) -> None:
    """Other tools name models in their own way; one that is not known here is left to the preset or the default."""
    try:
        fields["model"] = (await service.model(name)).name
    except UserError:
        return


def source_name(order: Order) -> str:
    """Where the file was dropped, as the file system names it."""
    return paths.from_row(order.name)


def in_words(error: UserError) -> str:
    """The error and what to do about it, in one line."""
    return f"{error.message} ({error.hint})" if error.hint else error.message
