"""What moderators have decided about pictures since they were asked for: whether they are behind a spoiler."""

from __future__ import annotations

from dataclasses import replace

from daemon.service import Job, Origin, Service

SPOILER = "spoiler"


async def as_decided(service: Service, job: Job) -> Job:
    """The job with the last word on it, for whatever comes of it from now on."""
    on = await service.memory.get(_scope(job), SPOILER)
    if on is None:
        return job
    return replace(job, origin=Origin(job.origin.source, {**job.origin.address, SPOILER: bool(on)}))


async def decide(service: Service, job: Job, on: bool) -> None:
    """Remember a decision, for as long as there is the job."""
    await service.memory.put(_scope(job), SPOILER, on, job=job.id)


def _scope(job: Job) -> str:
    return f"job:{job.id}"
