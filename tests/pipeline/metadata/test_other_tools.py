from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.png import international_text, png

from pipeline.records import read_png
from pipeline.request import parse

LINKS = ("text", "text_g", "t5xxl", "prompt", "conditioning")

A1111 = """masterpiece, (red apple:1.2), on a table
second line of the prompt
Negative prompt: blurry, low quality,
watermark
Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1234567890, Size: 512x768, Model hash: 6ce0161689, \
Model: v1-5-pruned-emaonly, VAE: "a, b: c", Clip skip: 2, Lora hashes: "x: 1, y: 2", Version: v1.10.1"""

SWARMUI: dict[str, Any] = {
    "sui_image_params": {
        "prompt": "a red apple",
        "negativeprompt": "blurry",
        "model": "OfficialStableDiffusion/sd_xl_base_1.0",
        "seed": 42,
        "steps": 20,
        "cfgscale": 7.5,
        "aspectratio": "1:1",
        "width": 1024,
        "height": 1024,
        "sampler": "dpmpp_2m",
        "scheduler": "karras",
        "swarm_version": "0.9.5.0",
    },
    "sui_extra_data": {"date": "2026-01-01"},
}

INVOKEAI = {
    "app_version": "6.0.0",
    "generation_mode": "sdxl_txt2img",
    "positive_prompt": "a red apple",
    "negative_prompt": "blurry",
    "width": 1024,
    "height": 832,
    "seed": 42,
    "cfg_scale": 5.5,
    "steps": 30,
    "scheduler": "euler_k",
    "model": {"key": "a", "hash": "blake3:b", "name": "Juggernaut XL", "base": "sdxl", "type": "main"},
}

COMFYUI: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": ["11", 0],
            "steps": 20,
            "cfg": 8.0,
            "sampler_name": "euler_ancestral",
            "scheduler": "normal",
            "denoise": 1.0,
            "model": ["10", 0],
            "positive": ["12", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5-pruned.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 640, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red apple", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
    "10": {"class_type": "LoraLoader", "inputs": {"lora_name": "x.safetensors", "model": ["4", 0]}},
    "11": {"class_type": "PrimitiveInt", "inputs": {"value": 42}},
    "12": {"class_type": "ControlNetApply", "inputs": {"conditioning": ["6", 0], "strength": 1.0}},
}


def _read(keyword: str, content: object) -> Any:
    text = content if isinstance(content, str) else json.dumps(content)
    return read_png(png(international_text(keyword, text)))


def test_the_parameters_of_a1111_are_drawn_again() -> None:
    found = _read("parameters", A1111)
    assert (found.tool, found.model) == ("a1111", "v1-5-pruned-emaonly")
    request = parse(found.request_fields)
    assert request.prompt == "masterpiece, (red apple:1.2), on a table\nsecond line of the prompt"
    assert request.negative_prompt == "blurry, low quality,\nwatermark"
    assert (request.steps, request.guidance_scale, request.seed) == (28, 7.0, 1234567890)
    assert (request.width, request.height, request.scheduler) == (512, 768, "DPM++ 2M Karras")


def test_a_prompt_alone_with_settings_is_enough() -> None:
    found = _read("parameters", "a cat\nSteps: 5, Sampler: Euler a, Seed: 3")
    assert found.request_fields == {"prompt": "a cat", "steps": "5", "seed": "3", "scheduler": "Euler a"}


def test_swarmui_is_understood() -> None:
    found = _read("parameters", SWARMUI)
    assert (found.tool, found.model) == ("swarmui", "OfficialStableDiffusion/sd_xl_base_1.0")
    request = parse(found.request_fields)
    assert (request.prompt, request.negative_prompt, request.seed) == ("a red apple", "blurry", 42)
    assert (request.width, request.steps, request.guidance_scale) == (1024, 20, 7.5)
    assert request.scheduler == "DPM++ 2M Karras"


def test_invokeai_is_understood() -> None:
    found = _read("invokeai_metadata", INVOKEAI)
    assert (found.tool, found.model) == ("invokeai", "Juggernaut XL")
    request = parse(found.request_fields)
    assert (request.prompt, request.negative_prompt, request.seed) == ("a red apple", "blurry", 42)
    assert (request.width, request.height, request.guidance_scale) == (1024, 832, 5.5)
    assert request.scheduler == "Euler Karras"


def test_the_graph_of_comfyui_is_followed_from_its_sampler() -> None:
    found = _read("prompt", COMFYUI)
    assert (found.tool, found.model) == ("comfyui", "v1-5-pruned.safetensors")
    request = parse(found.request_fields)
    assert (request.prompt, request.negative_prompt, request.seed) == ("a red apple", "blurry", 42)
    assert (request.width, request.height, request.steps) == (512, 640, 20)
    assert (request.guidance_scale, request.scheduler) == (8.0, "Euler a")


def test_a_graph_that_runs_in_a_circle_ends() -> None:
    circle = json.loads(json.dumps(COMFYUI))
    circle["12"]["inputs"] = {"conditioning": ["12", 0]}
    circle["10"]["inputs"] = {"model": ["10", 0]}
    circle["11"]["inputs"] = {"value": ["11", 0]}
    assert _read("prompt", circle).request_fields is None


def test_values_that_no_request_may_hold_are_left_out_and_named() -> None:
    found = _read("invokeai_metadata", {**INVOKEAI, "steps": 100_000, "width": 1023, "seed": -1})
    assert "steps" not in found.request_fields
    assert [reason.partition(":")[0] for reason in found.left_out] == ["width", "steps", "seed"]
    parse(found.request_fields)


def test_an_unknown_sampler_is_left_to_the_model() -> None:
    found = _read("parameters", "a cat\nSteps: 5, Sampler: Restart of dreams, Seed: 3, Size: 64x64")
    assert "scheduler" not in found.request_fields


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("parameters", ""),
        ("parameters", "just words about a picture"),
        ("parameters", "{"),
        ("parameters", "{" * 100_000),
        ("parameters", '{"a":' * 50_000),
        ("parameters", '{"sui_image_params": 3}'),
        ("parameters", '{"sui_image_params": {"prompt": ["a"]}}'),
        ("parameters", "\nSteps: 5, Seed: 3, Size: 64x64"),
        ("parameters", "Steps: 5, " * 20_000),
        ("prompt", "[]"),
        ("prompt", '{"1": 3, "2": {"inputs": []}, "3": {"inputs": {"positive": [[]], "sampler_name": {}}}}'),
        ("prompt", '{"3": {"inputs": {"positive": ["9", 0], "sampler_name": "euler"}}}'),
        ("invokeai_metadata", '{"positive_prompt": 5}'),
        ("Software", "GIMP"),
    ],
)
def test_what_makes_no_sense_is_nothing_found(keyword: str, text: str) -> None:
    found = _read(keyword, text)
    assert (found.record, found.request_fields) == (None, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from(sorted(SWARMUI["sui_image_params"])), JSON)
def test_any_value_in_any_place_gives_fields_that_are_a_request_or_nothing(name: str, value: object) -> None:
    for keyword, content in (
        ("parameters", {"sui_image_params": {**SWARMUI["sui_image_params"], name: value}}),
        ("invokeai_metadata", {**INVOKEAI, "positive_prompt" if name == "prompt" else name: value}),
        ("prompt", {**COMFYUI, "3": {"inputs": {**COMFYUI["3"]["inputs"], name: value, "positive": value}}}),
        ("prompt", {**COMFYUI, "6": value, "5": {"inputs": {"width": value, "height": value}}}),
    ):
        found = _read(keyword, content)
        if found.request_fields is not None:
            parse(found.request_fields)


def test_a_long_run_of_blanks_in_the_settings_costs_no_time() -> None:
    text = "an owl\na" + " " * 60_000 + "b, Steps: 8, Sampler: Euler, Seed: 5"
    before = time.process_time()
    fields = read_png(png(international_text("parameters", text))).request_fields
    assert time.process_time() - before < 1  # quadratic, it would be minutes
    assert fields is not None
    assert (fields["steps"], fields["seed"]) == ("8", "5")


def test_a_graph_of_circles_costs_no_time() -> None:
    circle = {str(n): {"inputs": {name: [str((n + 1) % 50), 0] for name in LINKS}} for n in range(50)}
    samplers = {f"s{n}": {"inputs": {"positive": ["0", 0], "sampler_name": "euler"}} for n in range(4_000)}
    before = time.process_time()
    assert read_png(png(international_text("prompt", json.dumps(circle | samplers)))).request_fields is None
    assert time.process_time() - before < 5
