"""The service as a watched folder sees it, in memory: the same methods, pictures when the test says so."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from config import failpoints
from config.clock import Clock
from config.errors import BusyError, NotFoundError, UserError
from config.ids import new_id
from daemon.service import Delivery, Job, Order, OrderProgress, Origin, Picture, Receipt, Submission
from daemon.service.conditions import Condition
from pipeline.records import PictureRecord, RecordedModel, encode_png
from pipeline.request import Defaults, parse, settle

TERMINAL = {"done", "failed", "cancelled", "dead"}
DEFAULTS = Defaults(width=64, height=64, steps=4)


@dataclass
class FakeOrders:
    """Rows of orders."""

    service: FakeService
    rows: dict[str, Order] = field(default_factory=dict)
    errors: dict[str, dict[int, str]] = field(default_factory=dict)

    async def begin(
        self, folder: str, name: str, inode: int, size: int, mtime_ns: int, claimed_path: str | None = None
    ) -> Order:
        name.encode()  # a database holds UTF-8 only
        now = self.service.clock()
        order = Order(
            id=new_id(now),
            folder=folder,
            name=name,
            state="claimed",
            fingerprint=None,
            inode=inode,
            size=size,
            mtime_ns=mtime_ns,
            claimed_path=claimed_path,
            lines_total=None,
            next_line=1,
            submitted=0,
            error=None,
            created_at=now,
            ended_at=None,
        )
        self.rows[order.id] = order
        self.errors[order.id] = {}
        return order

    async def describe(
        self, order_id: str, fingerprint: str | None, lines_total: int | None, *, remembered: bool = True
    ) -> None:
        self.rows[order_id] = replace(
            self.rows[order_id], fingerprint=fingerprint, lines_total=lines_total, state="queued"
        )

    async def advance(self, order_id: str, next_line: int) -> None:
        self.rows[order_id] = replace(self.rows[order_id], next_line=next_line)

    async def end(self, order_id: str, state: str, error: str | None = None) -> None:
        self.rows[order_id] = replace(self.rows[order_id], state=state, error=error, ended_at=self.service.clock())

    async def open_orders(self, folder: str) -> list[Order]:
        return [row for row in self.rows.values() if row.folder == folder and row.state in ("claimed", "queued")]

    async def earlier(self, folder: str, fingerprint: str) -> Order | None:
        same = [
            row
            for row in self.rows.values()
            if row.folder == folder and row.fingerprint == fingerprint and row.state == "ended"
        ]
        return same[-1] if same else None

    async def seen(self, folder: str, name: str, inode: int, size: int, mtime_ns: int) -> Order | None:
        wanted = (folder, name, inode, size, mtime_ns)
        rows = [
            row for row in self.rows.values() if (row.folder, row.name, row.inode, row.size, row.mtime_ns) == wanted
        ]
        return rows[-1] if rows else None

    async def line_states(self, order_id: str) -> list[tuple[int, str, str, str | None]]:
        jobs = sorted(self.service.of(order_id), key=lambda job: job.line or 0)
        return [(job.line or 0, job.id, job.state, job.error.message if job.error else None) for job in jobs]

    async def add_line_error(self, order_id: str, line: int, message: str) -> None:
        self.errors[order_id][line] = message

    async def line_errors(self, order_id: str) -> list[tuple[int, str]]:
        return sorted(self.errors[order_id].items())

    async def outstanding(self, order_id: str) -> int:
        return sum(job.id not in self.service.delivered for job in self.service.of(order_id))

    async def over(self, folder: str) -> list[str]:
        submitted = [row for row in await self.open_orders(folder) if row.next_line > (row.lines_total or 0)]
        return [row.id for row in submitted if row.lines_total is not None and not await self.outstanding(row.id)]

    async def open_jobs(self, owner: str, folder: str) -> int:
        mine = [job for job in self.service.jobs_by_id.values() if job.owner == owner]
        return sum(job.state not in TERMINAL and self.rows[job.order_id or ""].folder == folder for job in mine)


class FakeService:
    """Survives the "crash" of a front end: build a new one on the same service."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.orders = FakeOrders(self)
        self.jobs_by_id: dict[str, Job] = {}
        self.keys: dict[str, str] = {}
        self.delivered: set[str] = set()
        self.images: dict[str, bytes] = {}
        self.busy = False
        self.files: dict[str, bytes] = {}
        self.deliverers: dict[str, Any] = {}
        self.paused = False
        self.quotas = SimpleNamespace(max_queued=lambda owner, groups: None)
        self.degraded: list[Condition] = []
        self.reported: dict[str, str] = {}
        self.conditions = SimpleNamespace(
            report=lambda what, why, heals: self.reported.__setitem__(what, why),
            clear=lambda what: self.reported.pop(what, None),
        )

    async def status(self) -> Any:
        return SimpleNamespace(paused=self.paused, degraded=tuple(self.degraded))

    def register_deliverer(self, source: str, deliverer: Any) -> None:
        self.deliverers[source] = deliverer

    def of(self, order_id: str) -> list[Job]:
        return [job for job in self.jobs_by_id.values() if job.order_id == order_id]

    @property
    def prompts(self) -> list[str]:
        """Of all jobs, in the order of their submission."""
        return [job.request.prompt for job in self.jobs_by_id.values()]

    def all_orders(self) -> list[Order]:
        """Every row, the oldest first."""
        return list(self.orders.rows.values())

    def mark_delivered(self, job: Job) -> None:
        """What the outbox does after a delivery."""
        self.delivered.add(job.id)

    def close(self) -> None:
        """Nothing to close."""

    async def take_image(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self.images[digest] = data
        return digest

    async def model(self, name: str) -> Any:
        if name != "starter":
            raise NotFoundError(f"no model {name}")
        return SimpleNamespace(name=name)

    async def jobs(self, order_id: str | None = None) -> list[Job]:
        return self.of(order_id or "")

    async def picture_bytes(self, picture_id: str) -> bytes:
        return self.files[picture_id]

    async def submit_many(
        self, submissions: Sequence[Submission], *, order: OrderProgress | None = None
    ) -> list[Receipt | UserError]:
        if self.busy:
            raise BusyError("the queue is full")
        assert order is not None
        answers: list[Receipt | UserError] = []
        for submission in submissions:
            try:
                answers.append(self._accept(submission))
            except UserError as error:
                answers.append(error)
                self.orders.errors[order.order_id][submission.line or 0] = error.message
        self.orders.errors[order.order_id].update(order.errors)
        await self.orders.advance(order.order_id, order.next_line)
        return answers

    def _accept(self, submission: Submission) -> Receipt:
        fields = submission.fields
        assert isinstance(fields, dict)
        request = settle(parse(fields), "starter", DEFAULTS)
        if request.image is not None and request.image not in self.images:
            raise NotFoundError("the input picture is not known")
        key = submission.key or ""
        if key in self.keys:
            return Receipt(self.keys[key], False)
        now = self.clock()
        job = Job(
            id=new_id(now),
            state="queued",
            lane=submission.lane,
            owner=submission.owner,
            origin=submission.origin or Origin("folder", {}),
            priority=submission.priority,
            attempt=0,
            alone=False,
            request=request,
            request_hash="",
            error=None,
            pictures=(),
            queued_at=now,
            started_at=None,
            finished_at=None,
            not_before=now,
            cancel_requested=False,
            order_id=submission.order_id,
            line=submission.line,
            parent=None,
        )
        self.jobs_by_id[job.id] = job
        self.keys[key] = job.id
        return Receipt(job.id, True)

    # --- what the rest of the daemon does, when the test says so

    def draw(self, most: int | None = None) -> list[Job]:
        """End waiting jobs with pictures, oldest first."""
        waiting = [job for job in self.jobs_by_id.values() if job.state == "queued"][:most]
        for job in waiting:
            pictures = tuple(self._picture(job, index) for index in range(job.request.count))
            self.jobs_by_id[job.id] = replace(job, state="done", pictures=pictures)
        return waiting

    def end(self, job: Job, state: str, error: Any = None) -> None:
        """End a job otherwise."""
        self.jobs_by_id[job.id] = replace(self.jobs_by_id[job.id], state=state, error=error)

    async def deliver(self) -> None:
        """Bring everything that has ended, as the outbox does."""
        for job in list(self.jobs_by_id.values()):
            if job.state in TERMINAL and job.id not in self.delivered:
                await self.deliver_again(job)
                self.delivered.add(job.id)

    async def deliver_again(self, job: Job) -> None:
        """One delivery, whether or not it was made before."""
        job = self.jobs_by_id[job.id]
        delivery = Delivery(
            id=job.id, job_id=job.id, source="folder", address=job.origin.address, attempt=1, created_at=self.clock()
        )
        failpoints.reach("delivery.before")
        await self.deliverers["folder"].deliver(delivery, job)
        failpoints.reach("delivery.after")
        await asyncio.sleep(0)

    def _picture(self, job: Job, index: int) -> Picture:
        picture_id = new_id(self.clock())
        data, record = draw_picture(job, index, picture_id, self.clock())
        self.files[picture_id] = data
        return Picture(
            id=picture_id,
            job_id=job.id,
            index=index,
            path=f"pictures/{picture_id}.png",
            sha256=hashlib.sha256(data).hexdigest(),
            pixels_sha256=record.pixels_sha256,
            seed=record.seed,
            width=16,
            height=16,
            bytes=len(data),
            facts={},
            created_at=self.clock(),
        )


def draw_picture(job: Job, index: int, picture_id: str, now: int) -> tuple[bytes, PictureRecord]:
    """A small PNG, different for every job and index, with its record inside."""
    pixels = (hashlib.sha256(f"{job.id}{index}".encode()).digest() * 24)[: 16 * 16 * 3]
    record = PictureRecord(
        job_id=job.id,
        picture_id=picture_id,
        index=index,
        request=job.request,
        seed=job.request.seed_of(index),
        width=16,
        height=16,
        model=RecordedModel(name="starter"),
        pixels_sha256=hashlib.sha256(pixels).hexdigest(),
        software="test",
        created_at=now,
    )
    return encode_png(pixels, 16, 16, record), record
