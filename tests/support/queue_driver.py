"""A queue on a real database with a held clock, for tests that speak to storage alone."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image
from support import ready_database
from support.choosing import InOrder, charge
from support.requests import settled

from config.ids import new_id
from pipeline.request import Request
from storage import queue
from storage.database import Connection
from storage.queue.job import LANES, Enqueued, Job, JobError, NewJob, Origin
from storage.results.store import NewPicture, PictureFiles

T = TypeVar("T")

LATER = JobError("retryable", "not this time")
WRONG = JobError("user", "that can't be drawn", field="prompt", hint="say something else")


def new_job(request: Request | None = None, **fields: Any) -> NewJob:
    """A job to be queued, with ``fields`` changed."""
    usual: dict[str, Any] = {"lane": "interactive", "owner": "cli:1", "origin": Origin("cli", {})}
    return NewJob(request=request or settled(steps=4), **{**usual, **fields})


def png(colour: tuple[int, int, int] = (200, 0, 0)) -> bytes:
    """A small picture file."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    return file.getvalue()


class QueueDriver:
    """The verbs of the queue, each in a committed transaction at ``now`` (milliseconds)."""

    def __init__(self, state_dir: Path, *, max_attempts: int = 3) -> None:
        self.state_dir = state_dir
        self.database = ready_database.opened(state_dir / "mezzotint.db")
        self.files = PictureFiles(state_dir)
        self.max_attempts = max_attempts
        self.now = 1_800_000_000_000

    def write(self, verb: Callable[..., T], *given: Any, **named: Any) -> T:
        """Any verb, in the writer."""
        return self.database.write_sync(lambda connection: verb(connection, *given, **named))

    def read(self, verb: Callable[..., T], *given: Any, **named: Any) -> T:
        """Any verb, in a reader."""
        return self.database.read_sync(lambda connection: verb(connection, *given, **named))

    def enqueue(self, **fields: Any) -> str:
        """The id of a new job."""
        return self.enqueued(**fields).id

    def enqueued(self, **fields: Any) -> Enqueued:
        """What enqueue answers."""
        return self.write(queue.enqueue, new_job(**fields), now=self.now)

    def claim(
        self,
        limit: int = 1,
        *,
        idle: bool = True,
        lanes: Sequence[str] = LANES,
        choose: queue.Choose | None = None,
        charge: Callable[[Job], queue.Charge] = charge,
    ) -> list[Job]:
        """The next jobs."""
        choose = choose or InOrder(lanes, idle=idle)
        return self.database.write_sync(
            lambda connection: self.claim_in(connection, limit, choose=choose, charge=charge)
        )

    def claim_in(
        self,
        connection: Connection,
        limit: int = 1,
        *,
        choose: queue.Choose | None = None,
        charge: Callable[[Job], queue.Charge] = charge,
    ) -> list[Job]:
        """The next jobs, in an open transaction."""
        return queue.claim(
            connection,
            choose=choose or InOrder(),
            charge=charge,
            now=self.now,
            lease_until=self.now + 60_000,
            limit=limit,
            max_attempts=self.max_attempts,
        )

    def claim_one(self) -> Job:
        """The one next job."""
        (job,) = self.claim()
        return job

    def picture(self, index: int = 0) -> NewPicture:
        """A saved picture without a row."""
        data, picture_id = png((index % 256, 3, 9)), new_id(self.now)
        path = self.files.save(picture_id, data)
        with Image.open(io.BytesIO(data)) as image:
            pixels = hashlib.sha256(image.tobytes()).hexdigest()
        return NewPicture(
            id=picture_id,
            index=index,
            path=path,
            sha256=hashlib.sha256(data).hexdigest(),
            pixels_sha256=pixels,
            seed=index,
            width=8,
            height=8,
            bytes=len(data),
            facts={"device": "cpu"},
        )

    def finish(self, job: Job, pictures: Sequence[NewPicture] | None = None, *, engine_seconds: float = 0.0) -> bool:
        """The job is done."""
        made = [self.picture()] if pictures is None else pictures
        return self.write(queue.finish, job.id, job.attempt, made, now=self.now, engine_seconds=engine_seconds)

    def fail(self, job: Job, error: JobError = LATER, retry_ms: int = 0) -> str | None:
        """The job failed."""
        return self.write(
            queue.fail,
            job.id,
            job.attempt,
            error,
            now=self.now,
            max_attempts=self.max_attempts,
            retry_ms=retry_ms,
        )

    def accuse(self, *jobs: Job) -> dict[str, str]:
        """The engine died with these jobs."""
        names = [(job.id, job.attempt) for job in jobs]
        return self.write(queue.accuse, names, "it crashed", now=self.now, max_attempts=self.max_attempts)

    def release(self, *jobs: Job) -> int:
        """Put jobs back."""
        return self.write(queue.release, [(job.id, job.attempt) for job in jobs], now=self.now)

    def job(self, job_id: str) -> Job:
        """The job as it is."""
        return self.read(queue.get, job_id)

    def close(self) -> None:
        """Close the database."""
        self.database.close()
