"""A picture drawn again from its record: the same, or what is not the same is named."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from config.errors import NotFoundError, UserError
from daemon.cli.commands import verify as command
from daemon.service import Job, Submission, Verification
from daemon.service.verification import Difference
from daemon.service.verifier import MAX_PNG_BYTES, Pixels, Verifier, combine, judge
from pipeline import images, records
from pipeline.records import PictureRecord


async def _drawn(parts: Any, **fields: Any) -> Job:
    wanted = {"prompt": "a red apple", "width": 64, "height": 64, "steps": 4, "deterministic": True, **fields}
    receipt = await parts.service.submit(Submission(fields=wanted))
    job: Job = await parts.service.wait(receipt.id, seconds=60)
    assert job.state == "done", job.error
    return job


async def _png(parts: Any, job: Job) -> bytes:
    return bytes(await parts.service.picture_bytes(job.pictures[0].id))


def _record(png: bytes) -> PictureRecord:
    record = records.read_png(png).record
    assert record is not None
    return record


def _rewritten(png: bytes, record: PictureRecord, pixels: bytes | None = None) -> bytes:
    """The same picture with another record."""
    rgb = images.rgb_bytes(png) if pixels is None else pixels
    return records.encode_png(rgb, record.width, record.height, record)


def _named(verification: Verification) -> dict[str, tuple[Any, Any]]:
    return {each.fact: (each.recorded, each.now) for each in verification.differences}


async def test_a_deterministic_picture_is_identical_by_its_id_by_its_job_and_by_its_file(drawing: Any) -> None:
    job = await _drawn(drawing)
    for name in (job.pictures[0].id, job.id, await _png(drawing, job)):
        verification = await drawing.service.verify(name)
        assert verification.identical, verification
        assert verification.within_tolerance
        assert verification.differences == ()
        assert verification.tolerance.startswith("bit-identical")
        assert verification.picture_id == job.pictures[0].id


async def test_the_redraw_is_an_ordinary_job_that_points_at_its_original(drawing: Any) -> None:
    job = await _drawn(drawing, count=2, seed=7)
    second = job.pictures[1]
    verification = await drawing.service.verify(second.id)
    redraw = await drawing.service.job(verification.job_id)
    assert (redraw.owner, redraw.lane, redraw.parent) == (f"verify:{second.id}", "interactive", second.id)
    assert (redraw.request.count, redraw.request.seed) == (1, 8)
    assert redraw.pictures[0].pixels_sha256 == second.pixels_sha256


async def test_all_pictures_of_a_job_are_verified(drawing: Any) -> None:
    job = await _drawn(drawing, count=3)
    assert (await drawing.service.verify(job.id)).identical
    redrawn = [each for each in await drawing.service.jobs() if each.owner.startswith("verify:")]
    assert len(redrawn) == 3


@pytest.mark.parametrize(("field", "changed"), [("steps", 5), ("seed", 99), ("prompt", "a blue pear")])
async def test_a_file_whose_record_was_changed_names_what_was(drawing: Any, field: str, changed: Any) -> None:
    job = await _drawn(drawing, seed=7)
    png = await _png(drawing, job)
    record = _record(png)
    update: dict[str, Any] = {"request": record.request.model_copy(update={field: changed})}
    if field == "seed":
        update["seed"] = changed
    verification = await drawing.service.verify(_rewritten(png, record.model_copy(update=update)))
    assert not verification.identical
    assert not verification.within_tolerance
    assert _named(verification)[field] == (getattr(job.request, field), changed)


async def test_a_changed_fact_is_named_even_when_the_pixels_are_the_same(drawing: Any) -> None:
    job = await _drawn(drawing)
    png = await _png(drawing, job)
    record = _record(png)
    facts = {**record.facts, "device": "cuda:7"}
    verification = await drawing.service.verify(_rewritten(png, record.model_copy(update={"facts": facts})))
    assert _named(verification)["device"][0] == "cuda:7"
    assert _named(verification)["facts.device"][1] == "cuda:7"
    assert not verification.identical


async def test_a_picture_of_another_machine_is_drawn_again_and_compared_by_likeness(drawing: Any) -> None:
    job = await _drawn(drawing)
    png = await _png(drawing, job)
    record = _record(png)
    foreign = record.model_copy(
        update={"job_id": "0" * 16, "picture_id": "1" * 16, "facts": {**record.facts, "torch": "1.0"}}
    )
    verification = await drawing.service.verify(_rewritten(png, foreign))
    assert verification.identical
    assert verification.tolerance.startswith("peak signal-to-noise")
    assert _named(verification) == {"torch": ("1.0", None)}


async def test_a_model_that_changed_since_is_named(drawing: Any) -> None:
    job = await _drawn(drawing)
    png = await _png(drawing, job)
    record = _record(png)
    other = record.model_copy(update={"model": record.model.model_copy(update={"sha256": "ab" * 32})})
    verification = await drawing.service.verify(_rewritten(png, other))
    assert _named(verification)["model.sha256"][0] == "ab" * 32


async def test_changed_pixels_are_found(drawing: Any) -> None:
    job = await _drawn(drawing)
    png = await _png(drawing, job)
    pixels = bytearray(images.rgb_bytes(png))
    pixels[0] ^= 1
    verification = await drawing.service.verify(_rewritten(png, _record(png), bytes(pixels)))
    assert not verification.identical
    assert not verification.within_tolerance
    assert verification.similarity_psnr_db is not None
    assert "pixels_sha256" in _named(verification)


async def test_what_can_not_be_verified_is_said(drawing: Any) -> None:
    blank = io.BytesIO()
    Image.new("RGB", (64, 64)).save(blank, "PNG")
    with pytest.raises(UserError, match="no record"):
        await drawing.service.verify(blank.getvalue())
    with pytest.raises(UserError):
        await drawing.service.verify(b"no picture at all")
    with pytest.raises(NotFoundError):
        await drawing.service.verify("zzzzzzzzzzzzzzzz")
    job = await _drawn(drawing)
    Path(drawing.service.absolute(job.pictures[0])).unlink()
    with pytest.raises(NotFoundError, match="gone"):
        await drawing.service.verify(job.id)


def _judged(deterministic: bool, noise: int, changed: list[Difference], record: PictureRecord) -> Verification:
    shown = Pixels(64, 64, bytes([128]) * 64 * 64 * 3)
    again = Pixels(64, 64, bytes([128 + noise]) * 64 * 64 * 3)
    asked = record.request.model_copy(update={"deterministic": deterministic})
    return judge(record.model_copy(update={"request": asked}), [], changed, shown, again, "job")


async def test_the_rule_is_exact_where_it_was_promised_and_a_likeness_elsewhere(drawing: Any) -> None:
    record = _record(await _png(drawing, await _drawn(drawing)))
    other = [Difference("torch", "1", "2")]
    assert _judged(True, 0, [], record).identical
    assert not _judged(True, 1, [], record).within_tolerance
    assert _judged(True, 1, other, record).within_tolerance
    assert _judged(False, 1, [], record).within_tolerance
    assert not _judged(False, 1, [], record).identical
    assert not _judged(False, 40, [], record).within_tolerance
    both = combine([_judged(False, 1, [], record), _judged(False, 40, other, record)])
    assert not both.within_tolerance
    assert both.similarity_psnr_db == _judged(False, 40, [], record).similarity_psnr_db
    assert both.differences == tuple(other)


async def test_limits_on_input_pictures_do_not_count_for_our_own(build: Any) -> None:
    parts = build(limits={"max_image_bytes": 1024, "max_image_pixels": 4096})
    pixels = random.Random(1).randbytes(128 * 128 * 3)
    image = Image.frombytes("RGB", (128, 128), pixels)
    png = io.BytesIO()
    image.save(png, "PNG")
    assert Verifier(parts.service)._pixels(png.getvalue()).rgb == pixels


@pytest.mark.slow
def test_the_largest_picture_of_ours_can_be_read(build: Any) -> None:
    pixels = random.Random(1).randbytes(4096 * 4096 * 3)
    png = io.BytesIO()
    Image.frombytes("RGB", (4096, 4096), pixels).save(png, "PNG", compress_level=records.COMPRESS_LEVEL)
    assert 32 * 2**20 < len(png.getvalue()) <= MAX_PNG_BYTES == command.MAX_PNG_BYTES
    assert Verifier(build().service)._pixels(png.getvalue()).rgb == pixels
