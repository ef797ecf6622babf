"""Finished pictures are written to the outbox, named after their order.

The sidecar (``cat.png.json``) is written before the picture (``cat.png``): whoever sees the picture has its record.
Both appear whole. A delivery may come twice; the second finds its own picture by its bytes and writes nothing.
A name that another picture has is never written over: ``cat.2.png``, ``cat.3.png`` ... follow.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.errors import RetryableError, UserError
from daemon.service import Delivery, Job, Picture, Service
from frontends.watch_folder import naming, paths, whole_files
from frontends.watch_folder.problems import Problem
from pipeline import records

MAX_SIDECAR_BYTES = 1 << 20


@dataclass(frozen=True)
class Outbox:
    """Where results of one folder go, and whom to tell."""

    path: Path
    sidecar: bool
    delivered: Callable[[str], None]
    """Called with the order's id when something of it was delivered."""


class Deliverer:
    """Brings results to the outboxes of the watched folders."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._outboxes: dict[str, Outbox] = {}
        self.naming = asyncio.Lock()
        """Held from choosing a free name until a file has it."""

    def add(self, folder: str, outbox: Outbox) -> None:
        """Deliver what comes from ``folder`` to this outbox."""
        self._outboxes[folder] = outbox

    def outbox(self, folder: str) -> Outbox:
        """Where results of ``folder`` go; :class:`RetryableError` when it is not watched: it may be again."""
        try:
            return self._outboxes[folder]
        except KeyError:
            raise RetryableError(
                f"the folder {folder} is not watched any more (its results wait: put it back into watch_folder.folders)"
            ) from None

    async def deliver(self, delivery: Delivery, job: Job) -> None:
        """Write the pictures of a job that is done; one that ended otherwise is told by its order's error text."""
        address = delivery.address
        outbox = self.outbox(str(address["folder"]))
        if job.state == "done":
            await self.bring(outbox, job.pictures, str(address["stem"]), job, address.get("tags"))
        outbox.delivered(str(address["order"]))

    async def bring(
        self, outbox: Outbox, pictures: tuple[Picture, ...], stem: str, job: Job, tags: object = None
    ) -> None:
        """Write pictures under names that begin with ``stem``; :class:`RetryableError` when that can't be done now."""
        for picture in pictures:
            data = await self._service.picture_bytes(picture.id)
            name = naming.picture_name(stem, picture.index, len(pictures))
            try:
                async with self.naming:
                    await asyncio.to_thread(_place, outbox, name, data, picture, job, tags)
            except OSError as error:
                raise RetryableError(Problem.of(error, "the outbox can't be written").why) from error


def _place(outbox: Outbox, name: str, data: bytes, picture: Picture, job: Job, tags: object) -> None:
    directories, own = paths.split(name)
    stem, ending = os.path.splitext(own)
    with whole_files.directory(outbox.path, directories) as parent:
        target, number = own, 1
        while not _is(parent, target, data):
            if not paths.is_there(target, parent) and _is_free_or_ours(parent, _sidecar(target), picture):
                if outbox.sidecar:
                    whole_files.write(parent, _sidecar(target), _record(data, picture, job, tags))
                whole_files.write(parent, target, data)
                return
            number += 1
            target = paths.fitted(stem, f".{number}{ending}")


def _sidecar(picture: str) -> str:
    return picture + ".json"


def _is(parent: int, target: str, data: bytes) -> bool:
    """The very picture lies there: its bytes name its own id, so no other has the same."""
    try:
        with os.fdopen(paths.open_file(target, parent), "rb") as file:
            return os.fstat(file.fileno()).st_size == len(data) and file.read() == data
    except OSError:
        return False


def _is_free_or_ours(parent: int, sidecar: str, picture: Picture) -> bool:
    try:
        with os.fdopen(paths.open_file(sidecar, parent), "rb") as file:
            return picture.id.encode() in file.read(MAX_SIDECAR_BYTES)
    except FileNotFoundError:
        return True
    except OSError:
        if not paths.is_there(sidecar, parent):
            raise  # it is the outbox that can't be used: no other name would be free either
        return False


def _record(data: bytes, picture: Picture, job: Job, tags: object) -> bytes:
    """The record that the PNG carries, readable beside it, with the tags of the order."""
    try:
        found = records.read_png(data).record
    except UserError:
        found = None
    value = json.loads(records.to_json(found)) if found is not None else {}
    value.setdefault("picture_id", picture.id)
    value.setdefault("request", job.request.model_dump())
    if tags:
        value["tags"] = tags
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
