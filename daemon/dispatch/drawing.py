"""From a claimed job to the message that has it drawn."""

from __future__ import annotations

import asyncio
from pathlib import Path

from config.errors import FatalError, RetryableError, UserError
from config.settings import Settings
from daemon.dispatch.held import HeldJob
from pipeline.messages import Draw, Task
from pipeline.models.registry import STARTER, ModelEntry, Registry, place
from pipeline.request import Request
from storage import inputs
from storage.queue.job import LANES, Job


class UnreadableModelsError(RetryableError):
    """The list of models can't be read."""


async def prepare(job: Job, *, registry: Registry, settings: Settings) -> HeldJob:
    """Find the model and the input picture.

    Raises what the job then ends with, such as ``NotFoundError`` for a model that was removed meanwhile and
    ``UserError`` for one whose files are others now. :class:`UnreadableModelsError` is no fault of the job.
    """
    model = await asyncio.to_thread(_model, registry, job.request.model or settings.models.default)
    image = await _input(settings.state_dir, job.request)
    draw = Draw(
        job=job.id,
        attempt=job.attempt,
        task=task(job.request),
        model=place(model),
        urgency=LANES.index(job.lane),  # until it is known who else is on board
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


def _model(registry: Registry, name: str) -> ModelEntry:
    """The entry, its files compared with their fingerprint: the record of each picture names that.

    Reads only what changed since the last look, so all of it once in a daemon's life.
    """
    try:
        entry = registry.get(name)
    except (FatalError, OSError) as error:
        raise UnreadableModelsError(str(error), hint=getattr(error, "hint", None)) from None
    try:
        unchanged = registry.is_unchanged(entry)
    except (FileNotFoundError, NotADirectoryError, ValueError, AttributeError):  # no index any more, or one of nonsense
        unchanged = False
    except OSError as error:
        raise RetryableError(f"the files of the model {name} could not be read: {error.strerror}") from None
    if not unchanged:
        again = f"remove it and register what is there now with `mezzotint models add {name}`"
        raise UserError(
            f"model: the files of {name} changed after it was registered",
            field="model",
            hint=f"restore them, or {'restart the daemon' if name == STARTER else again}",
        )
    return entry


async def _input(state_dir: Path, request: Request) -> bytes | None:
    if request.image is None:
        return None
    return await asyncio.to_thread(inputs.load, state_dir, request.image)
