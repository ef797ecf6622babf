"""The real service on a real database, drawn and delivered when the test says so."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support import ready_database
from support.choosing import InOrder, charge
from support.fake_folder_service import draw_picture

from config import failpoints
from config.clock import Clock
from config.errors import BusyError, UserError
from config.ids import new_id
from config.settings import Settings
from daemon.events import Bus
from daemon.service import Delivery, Job, Order, OrderProgress, Receipt, Service, Submission
from pipeline.models.registry import Registry
from storage import deliveries, orders, queue
from storage.database import Connection
from storage.queue.job import JobError
from storage.results.picture import NewPicture
from storage.results.store import PictureFiles
from storage.schema import orders as table


class NoDispatcher:
    """Starts nothing: the test draws."""

    def wake(self) -> None: ...
    def cancel(self, job: str, attempt: int) -> None: ...
    def snapshot(self) -> Sequence[Any]:
        return ()


class RealFolderService(Service):
    """``draw``, ``end`` and ``deliver`` do with the storage's own verbs what the dispatcher and the outbox do."""

    def __init__(self, state_dir: Path, clock: Clock, name: str) -> None:
        self.clock = clock
        self.database = ready_database.opened(state_dir / name)
        self.picture_files = PictureFiles(state_dir)
        self.images: dict[str, bytes] = {}
        self.busy = False
        super().__init__(
            settings=Settings(state_dir=state_dir),
            database=self.database,
            files=self.picture_files,
            registry=Registry(state_dir / "models.json"),
            bus=Bus(),
            dispatcher=NoDispatcher(),
            clock=clock,
        )

    def close(self) -> None:
        self.database.close()

    def register_deliverer(self, source: str, deliverer: Any) -> None:
        self._deliverers[source] = deliverer

    async def take_image(self, data: bytes) -> str:
        digest = await super().take_image(data)
        self.images[digest] = data
        return digest

    async def submit_many(
        self, submissions: Sequence[Submission], *, order: OrderProgress | None = None
    ) -> list[Receipt | UserError]:
        if self.busy:
            raise BusyError("the queue is full")
        return await super().submit_many(submissions, order=order)

    @property
    def jobs_by_id(self) -> dict[str, Job]:
        return {job.id: job for job in reversed(self.database.read_sync(queue.find))}

    @property
    def prompts(self) -> list[str]:
        return [job.request.prompt for job in self.jobs_by_id.values()]

    def all_orders(self) -> list[Order]:
        def read(connection: Connection) -> list[Order]:
            return [orders.get(connection, row.id) for row in connection.execute(table.select().order_by(table.c.id))]

        return self.database.read_sync(read)

    def draw(self, most: int | None = None) -> list[Job]:
        jobs = self._claim(most or 100_000)
        for job in jobs:
            pictures = [self._recorded(job, index) for index in range(job.request.count)]
            now = self.clock()
            assert self.database.write_sync(
                lambda c, job=job, pictures=pictures, now=now: queue.finish(c, job.id, job.attempt, pictures, now=now)
            )
        return [self.jobs_by_id[job.id] for job in jobs] if len(jobs) < 10 else jobs

    def end(self, job: Job, state: str, error: Any = None) -> None:
        if state == "cancelled":
            self.database.write_sync(lambda c: queue.cancel(c, job.id, now=self.clock()))
            return
        claimed = self._claim(100_000)
        others = [(each.id, each.attempt) for each in claimed if each.id != job.id]
        [mine] = [each for each in claimed if each.id == job.id]
        why = JobError("user", error.message, None, error.hint)
        now = self.clock()
        self.database.write_sync(
            lambda c: queue.fail(c, mine.id, mine.attempt, why, now=now, max_attempts=3, retry_ms=0)
        )
        self.database.write_sync(lambda c: queue.release(c, others, now=now))

    async def deliver(self) -> None:
        while due := self.database.read_sync(lambda c: deliveries.due(c, self.clock(), 1000, source="folder")):
            for delivery in due:
                await self._bring(delivery, await self.job(delivery.job_id))
                self.database.write_sync(lambda c, each=delivery: deliveries.done(c, each.id, self.clock()))

    async def deliver_again(self, job: Job) -> None:
        job = await self.job(job.id)
        address = job.origin.address
        again = Delivery(id=job.id, job_id=job.id, source="folder", address=address, attempt=1, created_at=self.clock())
        await self._bring(again, job)

    async def _bring(self, delivery: Delivery, job: Job) -> None:
        failpoints.reach("delivery.before")
        await self._deliverers["folder"].deliver(delivery, job)
        failpoints.reach("delivery.after")

    def mark_delivered(self, job: Job) -> None:
        for delivery in self.database.read_sync(lambda c: deliveries.due(c, self.clock(), 1000, source="folder")):
            if delivery.job_id == job.id:
                self.database.write_sync(lambda c, each=delivery: deliveries.done(c, each.id, self.clock()))

    def _claim(self, limit: int) -> list[Job]:
        now = self.clock()
        return self.database.write_sync(
            lambda c: queue.claim(
                c, now=now, lease_until=now + 60_000, limit=limit, choose=InOrder(), charge=charge, max_attempts=3
            )
        )

    def _recorded(self, job: Job, index: int) -> NewPicture:
        picture_id = new_id(self.clock())
        data, record = draw_picture(job, index, picture_id, self.clock())
        path = self.picture_files.save(picture_id, data)
        return NewPicture(
            id=picture_id,
            index=index,
            path=path,
            sha256=hashlib.sha256(data).hexdigest(),
            pixels_sha256=record.pixels_sha256,
            seed=record.seed,
            width=16,
            height=16,
            bytes=len(data),
            facts={},
        )
