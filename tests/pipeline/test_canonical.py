from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from support.requests import requests

from pipeline.canonical import canonical_json, digest
from pipeline.request import Request

BASE = Request(prompt="a red apple")
OTHER_VALUES: dict[str, Any] = {
    "prompt": "a green apple",
    "negative_prompt": "blurry",
    "model": "starter",
    "width": 64,
    "height": 64,
    "count": 2,
    "steps": 5,
    "guidance_scale": 4.0,
    "scheduler": "Euler",
    "seed": 0,
    "image": "0" * 64,
    "denoising_strength": 0.5,
    "deterministic": True,
}


def test_every_field_is_tried() -> None:
    assert set(OTHER_VALUES) == set(Request.model_fields)


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_a_request_that_differs_in_one_field_has_another_hash(name: str) -> None:
    assert digest(BASE.model_copy(update={name: OTHER_VALUES[name]})) != digest(BASE)


def test_the_form_is_pinned_because_hashes_are_stored() -> None:
    request = Request(prompt="é", guidance_scale=4, seed=7)
    assert canonical_json(request) == (
        '{"count":1,"denoising_strength":null,"deterministic":false,"guidance_scale":4.0,"height":null,"image":null,'
        '"model":null,"negative_prompt":"","prompt":"\\u00e9","scheduler":null,"seed":7,"steps":null,"width":null}'
    )
    assert digest(request) == "a6ab7af00a7875b5983f46eed87c513115959f5cb239389803bb64256c0a7cf4"


@given(requests())
def test_the_text_reads_back_as_the_same_request(request: Request) -> None:
    text = canonical_json(request)
    assert Request.model_validate(json.loads(text)) == request
    assert canonical_json(Request.model_validate_json(text)) == text


@given(requests(), requests())
def test_two_requests_have_one_hash_exactly_when_they_are_equal(one: Request, other: Request) -> None:
    assert (digest(one) == digest(other)) == (one == other)


def test_equal_numbers_written_differently_have_one_hash() -> None:
    whole = BASE.model_copy(update={"guidance_scale": 4})
    assert digest(whole) == digest(BASE.model_copy(update={"guidance_scale": 4.0}))
    negative_zero = BASE.model_copy(update={"guidance_scale": -0.0})
    assert digest(negative_zero) == digest(BASE.model_copy(update={"guidance_scale": 0.0}))
