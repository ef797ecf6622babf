"""Lines become jobs.

Jobs, refusals and the cursor of the order are one transaction, so that a crash resumes at the next line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from config import failpoints
from config.errors import QuotaError, UserError
from config.folders import owner
from config.settings import FolderSettings
from daemon.service import ModelEntry, Order, OrderProgress, Origin, Service, Submission
from frontends.files import paths
from frontends.watch_folder import naming
from frontends.watch_folder import source as sources
from frontends.watch_folder.orders.entry import ORDER_FIELDS, Entry
from frontends.watch_folder.source import Batch, Source

SOURCE = "folder"


async def feed(service: Service, folder: FolderSettings, order: Order, source: Source, jobs: int) -> int:
    """Submit at most ``jobs`` of the lines that come next; returns how many became jobs.

    Raises :class:`UserError` when the order can't be read, ``OSError`` and :class:`RetryableError` when it can't now;
    its kind :class:`QuotaError` also when some of them became jobs and the next one has to wait.
    """
    last = order.lines_total or 0
    batch = await asyncio.to_thread(sources.batch, source, folder, order.next_line, last, jobs)
    taken_in = await service.take_image(batch.image) if batch.image is not None else None
    submissions: list[Submission] = []
    errors: list[tuple[int, str]] = []
    for entry in batch.entries:
        try:
            own = await submission(service.model, folder, order.id, source_name(order), batch, entry)
            submissions.append(replace(own, fields={**_fields(own), "image": taken_in}) if entry.from_image else own)
        except UserError as error:
            errors.append((entry.line, in_words(error)))
    progress = OrderProgress(order_id=order.id, next_line=batch.next_line, errors=tuple(errors))
    answers = await service.submit_many(submissions, order=progress)
    failpoints.reach("order.after_submit")
    for answer in answers:
        if isinstance(answer, QuotaError):
            raise answer  # the cursor stands at its line
    return sum(not isinstance(answer, UserError) for answer in answers)


async def submission(
    model: Callable[[str], Awaitable[ModelEntry]],
    folder: FolderSettings,
    order_id: str,
    name: str,
    batch: Batch,
    entry: Entry,
) -> Submission:
    """What the service is asked for by one entry of the file ``name``, but for the picture it starts from.

    Raises :class:`UserError` where the entry is wrong by itself.
    """
    if entry.error is not None:
        raise UserError(entry.error)
    fields = dict(entry.fields)
    beside = {key: fields.pop(key) for key in sorted(ORDER_FIELDS) if key in fields}
    own = batch.preset.overridden(beside)
    if entry.foreign_model is not None:
        await _use_model_if_known(model, fields, entry.foreign_model)
    stem = naming.stem_of(name, entry.line, several=batch.several)
    address: dict[str, Any] = {"folder": folder.name, "order": order_id, "line": entry.line, "stem": stem}
    if own.tags:
        address["tags"] = list(own.tags)
    return Submission(
        fields=fields,
        owner=owner(folder),
        lane=own.lane,
        priority=own.priority,
        key=f"{order_id}:{entry.line}",
        origin=Origin(SOURCE, address),
        deliver=True,
        order_id=order_id,
        line=entry.line,
        groups=(f"folder:{folder.name}",),
    )


def _fields(submission: Submission) -> dict[str, Any]:
    assert isinstance(submission.fields, dict)
    return submission.fields


async def _use_model_if_known(model: Callable[[str], Awaitable[ModelEntry]], fields: dict[str, Any], name: str) -> None:
    """Other tools name models in their own way; one that is not known here is left to the preset or the default."""
    try:
        fields["model"] = (await model(name)).name
    except UserError:
        return


def source_name(order: Order) -> str:
    """Where the file was dropped, as the file system names it."""
    return paths.from_row(order.name)


def in_words(error: UserError) -> str:
    """The error and what to do about it, in one line."""
    return f"{error.message} ({error.hint})" if error.hint else error.message
