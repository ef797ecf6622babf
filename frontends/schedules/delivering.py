"""Pictures of a schedule are written into the folder that it names: ``dawn-20261124T073000Z.png``."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from config.errors import RetryableError
from daemon.service import Delivery, Job, Service
from frontends.files import placing


class Deliverer:
    """Brings the results of jobs that came from schedules. A job that failed brings nothing: its schedule tells."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._naming = asyncio.Lock()

    async def deliver(self, delivery: Delivery, job: Job) -> None:
        """See :class:`daemon.service.Deliverer`."""
        address = delivery.address
        folder = Path(str(address["folder"]))
        stem = f"{address['name']}-{datetime.fromtimestamp(int(address['due']) / 1000, UTC):%Y%m%dT%H%M%SZ}"
        for picture in job.pictures if job.state == "done" else ():
            data = await self._service.picture_bytes(picture.id)
            name = f"{stem}.png" if len(job.pictures) == 1 else f"{stem}-{picture.index + 1}.png"
            try:
                async with self._naming:
                    await asyncio.to_thread(placing.place, folder, name, data, picture, job)
            except OSError as error:
                raise RetryableError(f"{folder} can't be written: {error.strerror or error}") from error
