"""The ``parameters`` text of A1111 and all that followed it: prompt, negative prompt, one line of settings.

    a red apple
    Negative prompt: blurry
    Steps: 18, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 4.0, Seed: 1, Size: 256x256, Model: starter

A value with a comma, a colon or a line break is quoted as JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

from config.errors import UserError
from pipeline import schedulers
from pipeline.request import Request

NEGATIVE = "Negative prompt:"
MODEL_HASH_DIGITS = 10
MIN_SETTINGS = 3
"""A last line with fewer settings belongs to the prompt; A1111 counts the same way."""
MAX_SETTINGS_CHARACTERS = 64 * 1024

_SETTING = re.compile(r'([\w][\w \-/]{0,60}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
"""Begins with a letter: white space skipped here would be skipped anew from each of its characters."""
_SIZE = re.compile(r"(\d{1,6})\s*x\s*(\d{1,6})")


def write(
    request: Request, *, seed: int, size: tuple[int, int], model: str, model_sha256: str | None, version: str
) -> str:
    """The text for a settled request, drawn with ``seed`` at ``size`` (width, height)."""
    settings: dict[str, object] = {"Steps": request.steps}
    if request.scheduler is not None:
        spec = schedulers.resolve(request.scheduler)
        settings["Sampler"] = spec.solver
        settings["Schedule type"] = spec.schedule or "Automatic"
    settings["CFG scale"] = request.guidance_scale
    settings["Seed"] = seed
    settings["Size"] = f"{size[0]}x{size[1]}"
    settings["Model hash"] = model_sha256[:MODEL_HASH_DIGITS] if model_sha256 else None
    settings["Model"] = model
    settings["Denoising strength"] = request.denoising_strength
    settings["Version"] = version
    line = ", ".join(f"{name}: {_quoted(str(value))}" for name, value in settings.items() if value is not None)
    negative = f"\n{NEGATIVE} {request.negative_prompt}" if request.negative_prompt else ""
    return f"{request.prompt}{negative}\n{line}"


def read(text: str) -> tuple[dict[str, Any], str | None] | None:
    """Request fields and the model's name; None when the text has no line of settings."""
    *lines, last = text.strip().split("\n")
    settings = _settings(last)
    if len(settings) < MIN_SETTINGS:
        return None
    body = "\n".join(lines)
    # At the start of a line only, and the last one counts: the prompt itself may speak of negative prompts.
    before, found, after = _split_negative(body)
    fields: dict[str, Any] = {"prompt": before.strip()}
    if found:
        fields["negative_prompt"] = after.strip()
    fields.update(_numbers(settings))
    sampler = settings.get("Sampler")
    if sampler:
        fields.update(scheduler_field(sampler, settings.get("Schedule type")))
    return fields, settings.get("Model")


def scheduler_field(sampler: str, schedule: str | None) -> dict[str, str]:
    """The field for another tool's names; empty when we have no such scheduler (the model's own is used then)."""
    for wanted in (schedule, None):
        try:
            return {"scheduler": schedulers.resolve(sampler, wanted).name}
        except UserError:
            continue
    return {}


def _split_negative(body: str) -> tuple[str, bool, str]:
    if body.startswith(NEGATIVE):
        return "", True, body.removeprefix(NEGATIVE)
    before, found, after = body.rpartition(f"\n{NEGATIVE}")
    return (before, True, after) if found else (body, False, "")


def _settings(line: str) -> dict[str, str]:
    if len(line) > MAX_SETTINGS_CHARACTERS:
        return {}
    return {name: _unquoted(value) for name, value in _SETTING.findall(line)}


def _numbers(settings: dict[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, field in (("Steps", "steps"), ("CFG scale", "guidance_scale"), ("Seed", "seed")):
        if settings.get(name):
            fields[field] = settings[name]
    if size := _SIZE.fullmatch(settings.get("Size", "").strip()):
        fields["width"], fields["height"] = int(size[1]), int(size[2])
    return fields


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r"[,:\n]", value) else value


def _unquoted(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value
