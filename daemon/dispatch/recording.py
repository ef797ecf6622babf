"""From pixels to a durable picture file: checked, encoded with its record, written; off the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

from config import ids
from config.clock import Clock
from config.errors import RetryableError
from config.version import VERSION
from daemon.dispatch.conditions import Conditions
from daemon.dispatch.held import HeldJob
from daemon.dispatch.ledger import insist
from pipeline.messages import Drawn
from pipeline.records import PictureRecord, RecordedModel, encode_png
from storage.results.store import NewPicture, PictureFiles

P = ParamSpec("P")
T = TypeVar("T")


class DamagedPictureError(RetryableError):
    """The engine sent a damaged picture."""


class Recorder:
    """Saves pictures while the engine goes on drawing. The rows come later, in one transaction with the job's end."""

    def __init__(self, *, files: PictureFiles, executor: Executor, clock: Clock, conditions: Conditions) -> None:
        self._files = files
        self._executor = executor
        self._clock = clock
        self._conditions = conditions

    def begin(self, held: HeldJob, drawn: Drawn) -> None:
        """Start to save a picture of this job; :meth:`pictures` waits for it.

        Raises :class:`DamagedPictureError` for one more than was asked for: an engine that sends such is broken.
        """
        if drawn.index in held.pictures or not 0 <= drawn.index < held.job.request.count:
            raise DamagedPictureError("the engine sent a picture that was not asked for")
        held.pictures[drawn.index] = asyncio.create_task(self._save(held, drawn), name=f"save-{held.job.id}")

    async def pictures(self, held: HeldJob) -> list[NewPicture]:
        """All pictures of a finished job, durable. Raises :class:`DamagedPictureError` when one is wrong or missing."""
        saved = list(await asyncio.gather(*held.pictures.values()))
        if sorted(held.pictures) != list(range(held.job.request.count)):
            raise DamagedPictureError(f"the engine sent {len(saved)} of {held.job.request.count} pictures")
        return sorted(saved, key=lambda picture: picture.index)

    async def discard(self, held: HeldJob, keep: Collection[str] = ()) -> None:
        """Remove what was saved for a job that ended without it; ``keep`` are ids of pictures that rows name."""
        for task in held.pictures.values():
            task.cancel()
        ends = await asyncio.gather(*held.pictures.values(), return_exceptions=True)
        surplus = [end.path for end in ends if isinstance(end, NewPicture) and end.id not in keep]
        if surplus:
            await self._in_thread(self._remove, surplus)

    def _remove(self, paths: Iterable[str]) -> None:
        for path in paths:
            with contextlib.suppress(OSError):  # recovery finds it at the next start
                self._files.discard(path)

    async def _save(self, held: HeldJob, drawn: Drawn) -> NewPicture:
        await self._in_thread(check, held, drawn)
        picture_id = ids.new_id(self._clock())  # once: a second try replaces what the first may have left
        return await insist(lambda: self._write_whole(held, drawn, picture_id), self._conditions)

    async def _write_whole(self, held: HeldJob, drawn: Drawn, picture_id: str) -> NewPicture:
        """A thread can't be stopped: what it writes after nobody waits for it any more is removed again."""
        writing = asyncio.get_running_loop().run_in_executor(self._executor, self._write, held, drawn, picture_id)
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            writing.add_done_callback(self._remove_late)
            raise

    def _remove_late(self, writing: asyncio.Future[NewPicture]) -> None:
        if not writing.cancelled() and writing.exception() is None:
            with contextlib.suppress(RuntimeError):  # the daemon has ended; recovery finds it at the next start
                self._executor.submit(self._remove, [writing.result().path])

    def _write(self, held: HeldJob, drawn: Drawn, picture_id: str) -> NewPicture:
        record = self._record(held, drawn, picture_id)
        png = encode_png(drawn.pixels, drawn.width, drawn.height, record)
        path = self._files.save(picture_id, png)
        return NewPicture(
            id=picture_id,
            index=drawn.index,
            path=path,
            sha256=hashlib.sha256(png).hexdigest(),
            pixels_sha256=drawn.pixels_sha256,
            seed=drawn.seed,
            width=drawn.width,
            height=drawn.height,
            bytes=len(png),
            facts=dict(drawn.facts),
        )

    def _record(self, held: HeldJob, drawn: Drawn, picture_id: str) -> PictureRecord:
        return PictureRecord(
            job_id=held.job.id,
            picture_id=picture_id,
            index=drawn.index,
            request=held.job.request,
            seed=drawn.seed,
            width=drawn.width,
            height=drawn.height,
            model=RecordedModel.model_validate(held.model, from_attributes=True),
            facts=dict(drawn.facts),
            pixels_sha256=drawn.pixels_sha256,
            software=f"mezzotint {VERSION}",
            created_at=self._clock(),
        )

    async def _in_thread(self, function: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, functools.partial(function, *arguments, **keywords))


def check(held: HeldJob, drawn: Drawn) -> None:
    """Raise :class:`DamagedPictureError` when the picture is not the one that was asked for, whole."""
    request = held.job.request
    if (drawn.width, drawn.height) != (request.width, request.height):
        raise DamagedPictureError(f"the engine sent a picture of {drawn.width} x {drawn.height} pixels")
    if drawn.seed != request.seed_of(drawn.index):
        raise DamagedPictureError("the engine drew with another seed")
    if len(drawn.pixels) != 3 * drawn.width * drawn.height:
        raise DamagedPictureError("the engine sent a picture with missing or surplus pixels")
    if hashlib.sha256(drawn.pixels).hexdigest() != drawn.pixels_sha256:
        raise DamagedPictureError("the engine sent pixels that do not match their digest")
