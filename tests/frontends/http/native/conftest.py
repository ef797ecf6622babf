"""The real front end on a real socket, in front of a small service that lives in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from support.waiting import until

from config.errors import NotFoundError
from config.ids import new_id
from config.settings import HttpSettings
from daemon.events import Bus
from daemon.service import (
    STATES,
    DaemonStatus,
    DeliveryStatus,
    EngineStatus,
    Expected,
    FrontEndStatus,
    Job,
    JobChanged,
    Origin,
    Picture,
    Receipt,
    Status,
    Submission,
    Subscription,
)
from frontends.http.native.server import NativeHttp
from pipeline import request

START = 1_800_000_000_123


class MemoryService:
    """What the routes need of the service, with nothing behind it."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.kept: dict[str, Job] = {}
        self.keys: dict[str, str] = {}
        self.submissions: list[Submission] = []
        self.raises: Exception | None = None
        self.paused = False

    async def expected(self, jobs: Sequence[Job]) -> dict[str, Expected]:
        """Each that waits is third in line, and done in 40 seconds."""
        return {job.id: Expected(3, 30.0, 40.04) for job in jobs if job.state == "queued"}

    async def submit(self, submission: Submission) -> Receipt:
        if self.raises is not None:
            raise self.raises
        assert isinstance(submission.fields, dict)
        asked = request.parse(submission.fields)
        self.submissions.append(submission)
        if submission.key in self.keys:
            return Receipt(self.keys[submission.key], False)
        job = self.put(asked, lane=submission.lane, owner=submission.owner)
        if submission.key is not None:
            self.keys[submission.key] = job.id
        return Receipt(job.id, True)

    def put(self, asked: request.Request, lane: str = "interactive", owner: str = "cli:1000") -> Job:
        job = Job(
            id=new_id(START + len(self.kept)),
            state="queued",
            lane=lane,
            owner=owner,
            origin=Origin("cli", {}),
            priority=0,
            attempt=0,
            alone=False,
            request=asked,
            request_hash="0" * 64,
            error=None,
            pictures=(),
            queued_at=START,
            started_at=None,
            finished_at=None,
            not_before=0,
            cancel_requested=False,
            order_id=None,
            line=None,
            parent=None,
        )
        self.kept[job.id] = job
        return job

    def move(self, job_id: str, state: str, **changes: object) -> None:
        self.kept[job_id] = replace(self.kept[job_id], state=state, **changes)  # type: ignore[arg-type]
        self.bus.publish(JobChanged(job_id, state))

    async def job(self, job_id: str) -> Job:
        if job_id not in self.kept:
            raise NotFoundError(f"there is no job {job_id}", field="id")
        return self.kept[job_id]

    async def jobs(
        self,
        ids: Sequence[str] | None = None,
        state: str | None = None,
        owner: str | None = None,
        limit: int | None = None,
        before: str | None = None,
    ) -> list[Job]:
        wanted = [await self.job(each) for each in ids] if ids else list(self.kept.values())[::-1]
        if before is not None:
            wanted = wanted[[job.id for job in wanted].index(before) + 1 :]
        return [job for job in wanted if state in (None, job.state) and owner in (None, job.owner)][:limit]

    async def cancel(self, job_id: str) -> Job:
        if (await self.job(job_id)).state == "queued":
            self.move(job_id, "cancelled", finished_at=START + 5)
        return await self.job(job_id)

    async def pause(self) -> None:
        self.paused = True

    async def resume(self) -> None:
        self.paused = False

    async def status(self) -> Status:
        return Status(
            daemon=DaemonStatus(pid=4711, uptime_s=1.5, version="0", state="serving"),
            engines=(EngineStatus(None, None, None, 0, 0, 0, 0, "starting"),),
            queue={state: sum(job.state == state for job in self.kept.values()) for state in STATES},
            paused=self.paused,
            front_ends=(FrontEndStatus("http", "up", ""),),
            deliveries=DeliveryStatus(waiting=0, given_up=0),
        )

    def watch(self, job_id: str | None = None) -> Subscription:
        return self.bus.subscribe(job_id)

    def absolute(self, picture: Picture) -> Path:
        return Path("/state") / picture.path


@pytest.fixture
def service() -> MemoryService:
    return MemoryService()


@pytest.fixture
def socket_path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "control.sock"


@pytest.fixture
async def front_end(service: MemoryService, socket_path: Path) -> AsyncIterator[NativeHttp]:
    """Serving, until the test is over."""
    front_end = NativeHttp(service, socket_path, HttpSettings(max_body_bytes=4_000_000))  # type: ignore[arg-type]
    serving = asyncio.ensure_future(front_end.run())
    await until(lambda: socket_path.exists() or serving.done(), "it listens")
    assert not serving.done(), serving
    yield front_end
    serving.cancel()
    await asyncio.wait((serving,))


@pytest.fixture
async def client(front_end: NativeHttp, socket_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.AsyncHTTPTransport(uds=str(socket_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://mezzotint", timeout=20) as client:
        yield client
