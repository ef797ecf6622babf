"""Finished pictures are written to the outbox, named after their order.

A delivery may come twice; see :mod:`frontends.files.placing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.errors import RetryableError
from daemon.service import Delivery, Job, Picture, Service
from frontends.files import placing
from frontends.watch_folder import naming
from frontends.watch_folder.problems import Problem


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
                    await asyncio.to_thread(
                        placing.place, outbox.path, name, data, picture, job, sidecar=outbox.sidecar, tags=tags
                    )
            except OSError as error:
                raise RetryableError(Problem.of(error, "the outbox can't be written").why) from error
