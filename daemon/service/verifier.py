"""Draws a picture again from its record, and says what is the same and what is not."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

from config.errors import NotFoundError, RetryableError, UserError
from daemon.service.submission import Receipt, Submission
from daemon.service.verification import Difference, Verification
from pipeline import comparison, images, records
from pipeline.models.registry import ModelEntry
from pipeline.records import PictureRecord
from pipeline.request import Request
from storage.queue.job import Job, Origin, Picture

LEAST_PSNR_DB = 30.0
"""How alike a redraw must be where bit-identity is not promised: pictures drawn in a crowd, in reduced precision, or on
other hardware or libraries differ by rounding, which a sampler carries on."""
SOURCE = "verify"
MAX_PNG_BYTES = 64 * 1024 * 1024
"""Of a picture of ours: the largest, 4096 x 4096 pixels of noise, has 48 MiB."""
MAX_PNG_PIXELS = 4096 * 4096


class Redrawing(Protocol):
    """What of the service a verification uses."""

    async def submit(self, submission: Submission) -> Receipt: ...
    async def wait(self, job_id: str, seconds: float | None = None) -> Job: ...
    async def job(self, job_id: str) -> Job: ...
    async def picture(self, picture_id: str) -> Picture: ...
    async def picture_bytes(self, picture_id: str) -> bytes: ...
    async def model(self, name: str) -> ModelEntry: ...


@dataclass(frozen=True, slots=True)
class Pixels:
    """RGB bytes, row by row."""

    width: int
    height: int
    rgb: bytes

    @property
    def sha256(self) -> str:
        """The hash that records hold."""
        return hashlib.sha256(self.rgb).hexdigest()


class Verifier:
    """Verifies pictures one at a time through the ordinary queue."""

    def __init__(self, service: Redrawing) -> None:
        self._service = service

    async def verify(self, picture: str | bytes) -> Verification:
        """See :meth:`daemon.service.Service.verify`."""
        if isinstance(picture, bytes):
            return await self._verify_file(picture)
        pictures = await self._pictures(picture)
        return combine([await self._verify_file(await self._service.picture_bytes(each.id)) for each in pictures])

    async def _pictures(self, name: str) -> list[Picture]:
        """A picture by its id, or all pictures of a job."""
        try:
            return [await self._service.picture(name)]
        except NotFoundError:
            job = await self._service.job(name)
        if not job.pictures:
            raise UserError(f"job {job.id} has no pictures (it is {job.state})")
        return list(job.pictures)

    async def _verify_file(self, data: bytes) -> Verification:
        record = (await asyncio.to_thread(records.read_png, data)).record
        if record is None:
            raise UserError("the picture carries no record of ours to draw it from")
        shown = await asyncio.to_thread(self._pixels, data)
        known = await self._known(record)
        altered = record_alterations(record, known)
        if shown.sha256 != record.pixels_sha256:
            altered.append(Difference("pixels_sha256", record.pixels_sha256, shown.sha256))
        job = await self._redraw(record, known)
        redrawn = job.pictures[0]
        again = await asyncio.to_thread(self._pixels, await self._service.picture_bytes(redrawn.id))
        changed = await self._changes(record, redrawn)
        return judge(record, altered, changed, shown, again, job.id)

    async def _known(self, record: PictureRecord) -> tuple[Job, Picture] | None:
        """What the database says about the picture, where it knows it."""
        try:
            job = await self._service.job(record.job_id)
        except NotFoundError:
            return None
        mine = [each for each in job.pictures if each.id == record.picture_id]
        return (job, mine[0]) if mine else None

    async def _redraw(self, record: PictureRecord, known: tuple[Job, Picture] | None) -> Job:
        receipt = await self._service.submit(
            Submission(
                fields=record.redraw,
                owner=f"{SOURCE}:{record.picture_id}",
                origin=Origin(SOURCE, {"picture": record.picture_id}),
                parent=known[1].id if known else None,
            )
        )
        job = await self._service.wait(receipt.id)
        if job.state == "done" and job.pictures:
            return job
        why = job.error.message if job.error else job.state
        kind = UserError if job.error and job.error.kind == "user" else RetryableError
        raise kind(f"the picture could not be drawn again: {why}")

    async def _changes(self, record: PictureRecord, redrawn: Picture) -> list[Difference]:
        """Facts that decide pixels and are not as recorded: device, precision, libraries, scheduler, model files."""
        model = await self._service.model(record.model.name)
        recorded = {**record.facts, "model.sha256": record.model.sha256}
        now = {**redrawn.facts, "model.sha256": model.sha256}
        return [Difference(*each) for each in comparison.record_differences(recorded, now)]

    def _pixels(self, png: bytes) -> Pixels:
        """Decoded in a child process: the file may come from anywhere."""
        taken = images.take_in(png, images.ImageLimits(max_bytes=MAX_PNG_BYTES, max_pixels=MAX_PNG_PIXELS))
        return Pixels(taken.width, taken.height, images.rgb_bytes(taken.png))


def record_alterations(record: PictureRecord, known: tuple[Job, Picture] | None) -> list[Difference]:
    """Where the file's record and the database disagree: ``recorded`` is the database's word, ``now`` the file's."""
    if known is None:
        return []
    job, picture = known
    return [
        Difference(*each)
        for each in comparison.record_differences(_facts_of(job.request, picture), _facts_of(record.request, record))
    ]


def judge(
    record: PictureRecord, altered: list[Difference], changed: list[Difference], shown: Pixels, again: Pixels, job: str
) -> Verification:
    """Put the findings together under the rule that applies."""
    exact = record.request.deterministic and not changed
    rule = (
        "bit-identical: drawn with deterministic, and machine and libraries are as recorded"
        if exact
        else f"peak signal-to-noise ratio of at least {LEAST_PSNR_DB:g} dB"
    )
    same_size = (shown.width, shown.height) == (again.width, again.height)
    compared = comparison.compare(shown.rgb, again.rgb, shown.width, shown.height) if same_size else None
    if not same_size:
        altered = [*altered, Difference("size", f"{shown.width}x{shown.height}", f"{again.width}x{again.height}")]
    identical = compared is not None and compared.identical and not altered
    psnr = compared.psnr_db if compared else None
    alike = not exact and not altered and psnr is not None and psnr >= LEAST_PSNR_DB
    return Verification(
        identical=identical,
        within_tolerance=identical or alike,
        similarity_psnr_db=None if psnr is None else round(psnr, 2),
        tolerance=rule,
        differences=(*altered, *changed),
        picture_id=record.picture_id,
        job_id=job,
    )


def combine(verifications: list[Verification]) -> Verification:
    """Several pictures of one job as one: the least alike decides, every difference is named once."""
    if len(verifications) == 1:
        return verifications[0]
    figures = [each.similarity_psnr_db for each in verifications if each.similarity_psnr_db is not None]
    worst = next((each for each in verifications if not each.within_tolerance), verifications[0])
    differences = {repr(difference): difference for each in verifications for difference in each.differences}
    return Verification(
        identical=all(each.identical for each in verifications),
        within_tolerance=all(each.within_tolerance for each in verifications),
        similarity_psnr_db=min(figures, default=None),
        tolerance=worst.tolerance,
        differences=tuple(differences.values()),
        picture_id=worst.picture_id,
        job_id=worst.job_id,
    )


def _facts_of(request: Request, drawn: Picture | PictureRecord) -> dict[str, Any]:
    """Everything a record says that decides the pixels, by name."""
    return {
        **request.model_dump(),
        "picture.seed": drawn.seed,
        "picture.index": drawn.index,
        "pixels_sha256": drawn.pixels_sha256,
        **{f"facts.{name}": value for name, value in drawn.facts.items()},
    }
