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
                raise RetryableError(f"the outbox can't be written: {error.strerror}") from error


def _place(outbox: Outbox, name: str, data: bytes, picture: Picture, job: Job, tags: object) -> None:
    target = outbox.path / name
    stem, ending = os.path.splitext(target.name)
    number = 1
    while True:
        if _is(target, data):
            return
        if not os.path.lexists(target) and _is_free_or_ours(_sidecar(target), picture):
            break
        number += 1
        target = target.with_name(paths.fitted(stem, f".{number}{ending}"))
    if outbox.sidecar:
        whole_files.write(_sidecar(target), _record(data, picture, job, tags))
    whole_files.write(target, data)


def _sidecar(picture: Path) -> Path:
    return picture.with_name(picture.name + ".json")


def _is(target: Path, data: bytes) -> bool:
    """The very picture lies there: its bytes name its own id, so no other has the same."""
    try:
        return target.stat().st_size == len(data) and target.read_bytes() == data
    except OSError:
        return False


def _is_free_or_ours(sidecar: Path, picture: Picture) -> bool:
    try:
        with sidecar.open("rb") as file:
            return picture.id.encode() in file.read(MAX_SIDECAR_BYTES)
    except FileNotFoundError:
        return True
    except OSError:
        if not os.path.lexists(sidecar):
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
