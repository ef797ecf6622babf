"""SwarmUI: ``parameters`` holds JSON with ``sui_image_params``."""

from __future__ import annotations

from typing import Any

from pipeline.metadata.a1111 import scheduler_field

_FIELDS = {
    "prompt": "prompt",
    "negativeprompt": "negative_prompt",
    "width": "width",
    "height": "height",
    "steps": "steps",
    "cfgscale": "guidance_scale",
    "seed": "seed",
}


def read(content: dict[str, Any]) -> tuple[dict[str, Any], str | None] | None:
    """Request fields and the model's name."""
    inner = content.get("sui_image_params")
    return read_bare(inner) if isinstance(inner, dict) else None


def read_bare(content: dict[str, Any]) -> tuple[dict[str, Any], str | None] | None:
    """The same without the envelope."""
    if not isinstance(content.get("prompt"), str):
        return None
    fields = {ours: content[theirs] for theirs, ours in _FIELDS.items() if theirs in content}
    sampler, schedule = content.get("sampler"), content.get("scheduler")
    if isinstance(sampler, str):
        fields.update(scheduler_field(sampler, schedule if isinstance(schedule, str) else None))
    model = content.get("model")
    return fields, model if isinstance(model, str) else None
