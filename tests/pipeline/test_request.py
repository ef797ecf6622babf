from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import UserError
from pipeline.request import MAX_SEED, Defaults, Request, parse, settle

DEFAULTS = Defaults(width=256, height=256, steps=18, guidance_scale=4.0)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n "}, "prompt"),
        ({"prompt": "a" * 4_001}, "prompt"),
        ({"prompt": "a" * 1_000_000}, "prompt"),
        ({"prompt": "a\x00b"}, "prompt"),
        ({"prompt": "a\x1b[31m"}, "prompt"),
        ({"prompt": "\ud800"}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": "a", "negative_prompt": "\x07"}, "negative_prompt"),
        ({"prompt": "a", "width": 0}, "width"),
        ({"prompt": "a", "width": 1}, "width"),
        ({"prompt": "a", "width": 100}, "width"),
        ({"prompt": "a", "height": 100_000}, "height"),
        ({"prompt": "a", "steps": 0}, "steps"),
        ({"prompt": "a", "steps": 10**9}, "steps"),
        ({"prompt": "a", "steps": 2**63}, "steps"),
        ({"prompt": "a", "steps": 10**400}, "steps"),
        ({"prompt": "a", "steps": True}, "steps"),
        ({"prompt": "a", "steps": 7.5}, "steps"),
        ({"prompt": "a", "steps": "many"}, "steps"),
        ({"prompt": "a", "guidance_scale": float("nan")}, "guidance_scale"),
        ({"prompt": "a", "guidance_scale": float("inf")}, "guidance_scale"),
        ({"prompt": "a", "guidance_scale": -1}, "guidance_scale"),
        ({"prompt": "a", "seed": -1}, "seed"),
        ({"prompt": "a", "seed": MAX_SEED + 1}, "seed"),
        ({"prompt": "a", "count": 65}, "count"),
        ({"prompt": "a", "image": "/etc/passwd"}, "image"),
        ({"prompt": "a", "image": "http://example.org/a.png"}, "image"),
        ({"prompt": "a", "denoising_strength": 0.5}, "denoising_strength"),
        ({"prompt": "a", "image": "0" * 64, "denoising_strength": 1.1}, "denoising_strength"),
        ({"prompt": "a", "stpes": 3}, "stpes"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(UserError) as refused:
        parse(fields)
    assert refused.value.field == field
    assert field in refused.value.message
    assert len(refused.value.message) < 300


def test_a_misspelt_field_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(UserError) as refused:
        parse({"prompt": "a", "stpes": 3})
    assert refused.value.hint == "did you mean steps?"


def test_messages_stay_on_one_line_whatever_the_input_holds() -> None:
    with pytest.raises(UserError) as refused:
        parse({"prompt": "a", "new\nline\x1b" * 50: 1})
    assert refused.value.message.isprintable()


def test_numbers_may_come_as_text_from_tables() -> None:
    request = parse({"prompt": " a ", "steps": "20", "guidance_scale": "4.5", "width": "256"})
    assert (request.prompt, request.steps, request.guidance_scale, request.width) == ("a", 20, 4.5, 256)


def test_line_ends_of_other_systems_are_the_same_prompt() -> None:
    assert parse({"prompt": "a\r\nb\rc"}).prompt == "a\nb\nc"


def test_settling_closes_every_open_field_and_keeps_what_was_said() -> None:
    settled = settle(parse({"prompt": "a", "steps": 5, "scheduler": "euler_ancestral"}), "starter", DEFAULTS)
    assert (settled.model, settled.width, settled.height, settled.steps) == ("starter", 256, 256, 5)
    assert settled.guidance_scale == 4.0
    assert settled.scheduler == "Euler a"
    assert settled.seed is not None
    assert settled.denoising_strength is None
    assert settle(settled, "starter", Defaults()) == settled


def test_a_guidance_of_zero_and_a_strength_of_zero_are_kept() -> None:
    asked = parse({"prompt": "a", "guidance_scale": 0, "image": "0" * 64, "denoising_strength": 0})
    settled = settle(asked, "starter", DEFAULTS)
    assert (settled.guidance_scale, settled.denoising_strength) == (0.0, 0.0)


def test_a_picture_to_start_from_gets_the_strength_of_the_model() -> None:
    asked = parse({"prompt": "a", "image": "0" * 64})
    assert settle(asked, "starter", DEFAULTS).denoising_strength == 0.6
    assert asked.task == "image_to_image"


def test_an_unknown_scheduler_is_refused_when_settling() -> None:
    with pytest.raises(UserError) as refused:
        settle(parse({"prompt": "a", "scheduler": "magic"}), "starter", DEFAULTS)
    assert refused.value.field == "scheduler"


@given(st.integers(0, MAX_SEED), st.integers(0, 63))
def test_seeds_count_up_and_wrap(seed: int, index: int) -> None:
    assert Request(prompt="a", seed=seed).seed_of(index) == (seed + index) % 2**32


@given(
    st.dictionaries(
        st.sampled_from([*Request.model_fields, "other"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers()),
    )
)
def test_whatever_comes_in_is_a_request_in_bounds_or_a_named_field(fields: dict[str, Any]) -> None:
    try:
        request = parse(fields)
    except UserError as refused:
        named = refused.field
    else:
        named = "prompt"
        assert request.steps is None or 1 <= request.steps <= 150
        assert request.width is None or (64 <= request.width <= 4096 and request.width % 8 == 0)
        assert request.seed is None or 0 <= request.seed <= MAX_SEED
    assert named == "prompt" or named in fields
