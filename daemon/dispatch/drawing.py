"""From a claimed job to the message that has it drawn."""

from __future__ import annotations

import asyncio
from pathlib import Path

from config.errors import FatalError
from config.settings import Settings
from daemon.dispatch.held import HeldJob
from pipeline.messages import Draw, Task
from pipeline.models.registry import Registry, place
from pipeline.request import Request
from storage import inputs
from storage.queue.job import LANES, Job


async def prepare(job: Job, *, registry: Registry, settings: Settings) -> HeldJob:
    """Find the model and the input picture.

    Raises what the job then ends with, such as ``NotFoundError`` for a model that was removed meanwhile.
    """
    model = registry.get(job.request.model or settings.models.default)
    image = await _input(settings.state_dir, job.request)
    draw = Draw(
        job=job.id,
        attempt=job.attempt,
        task=task(job.request),
        model=place(model),
        urgency=LANES.index(job.lane),
        deadline_seconds=settings.queue.job_deadline_seconds,
        image_png=image,
        previews=settings.engine.previews and job.lane == LANES[0],
    )
    return HeldJob(job, model, draw)


def task(request: Request) -> Task:
    """The engine's form of a settled request."""
    fields = (request.width, request.height, request.steps, request.guidance_scale, request.scheduler, request.seed)
    if any(value is None for value in fields):
        raise FatalError("the queued request is not complete")
    return Task(**request.model_dump(include=set(Task.__struct_fields__)))


async def _input(state_dir: Path, request: Request) -> bytes | None:
    if request.image is None:
        return None
    return await asyncio.to_thread(inputs.load, state_dir, request.image)
