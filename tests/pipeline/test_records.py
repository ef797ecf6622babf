from __future__ import annotations

import hashlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.requests import WORDS, record, requests, settled

from config.errors import UserError
from pipeline import records
from pipeline.metadata import a1111
from pipeline.records import encode_png, from_json, parameters_text, read_png, to_json
from pipeline.request import Request, parse

PIXELS = bytes(range(256)) * 48  # 64 x 64 RGB


def test_the_parameters_text_is_in_the_form_that_other_tools_read() -> None:
    request = settled(
        negative_prompt="blurry, dark", scheduler="DPM++ 2M Karras", image="0" * 64, denoising_strength=0.5
    )
    assert parameters_text(record(request)) == (
        "a red apple\n"
        "Negative prompt: blurry, dark\n"
        "Steps: 18, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 4.0, Seed: 1, Size: 64x64, "
        "Model hash: ababababab, Model: starter, Denoising strength: 0.5, Version: mezzotint 0.1.0"
    )


def test_a_picture_carries_its_pixels_and_its_record_exactly() -> None:
    drawn = record(pixels_sha256=hashlib.sha256(PIXELS).hexdigest())
    png = encode_png(PIXELS, 64, 64, drawn)
    with Image.open(io.BytesIO(png)) as picture:
        assert (picture.mode, picture.size) == ("RGB", (64, 64))
        assert picture.tobytes() == PIXELS
        assert picture.info["parameters"] == parameters_text(drawn)
    found = read_png(png)
    assert (found.tool, found.record) == ("mezzotint", drawn)


def test_one_of_several_pictures_is_drawn_again_with_its_own_seed() -> None:
    found = read_png(encode_png(PIXELS, 64, 64, record(settled(count=4, seed=10), index=2, seed=12)))
    assert found.record is not None
    assert (found.record.redraw.seed, found.record.redraw.count) == (12, 1)
    assert parse(found.request_fields or {}) == found.record.redraw


@given(requests(), st.integers(0, 4_000_000_000_000))
def test_a_record_survives_its_json(request: Request, created_at: int) -> None:
    drawn = record(request, created_at=created_at)
    assert from_json(to_json(drawn)) == drawn
    assert from_json(to_json(drawn, indent=2)) == drawn


def test_moments_in_the_json_are_iso_with_milliseconds() -> None:
    assert json.loads(to_json(record()))["created_at"] == "2023-11-14T22:13:20.123Z"


@given(WORDS, st.just("") | WORDS, st.integers(0, 2**32 - 1), st.sampled_from(["DPM++ 2M", "Euler a", "UniPC Karras"]))
def test_the_parameters_text_reads_back_as_the_same_request(
    prompt: str, negative: str, seed: int, scheduler: str
) -> None:
    request = settled(prompt=prompt, negative_prompt=negative, seed=seed, scheduler=scheduler)
    read = a1111.read(parameters_text(record(request)))
    assert read is not None
    fields, model = read
    assert model == "starter"
    assert parse({**fields, "model": model}) == request


@given(WORDS)
def test_any_model_name_and_version_survive_the_quoting(name: str) -> None:
    text = a1111.write(settled(), seed=1, size=(64, 64), model=name, model_sha256=None, version='a: b, "c"\nd')
    read = a1111.read(text)
    assert read is not None
    assert read[1] == name


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "{", "\x00", "[" * 100_000, '{"format": 2}', "1" * 5_000])
def test_what_is_no_record_is_a_user_error(text: str) -> None:
    with pytest.raises(UserError):
        from_json(text)


def test_a_record_longer_than_the_bound_is_not_parsed() -> None:
    with pytest.raises(UserError, match="longer"):
        from_json(to_json(record()) + " " * records.MAX_RECORD_BYTES)


def test_a_newer_record_with_more_in_it_is_read_as_far_as_it_is_known() -> None:
    content = {**json.loads(to_json(record())), "mood": "sunny"}
    assert from_json(json.dumps(content)) == record()
