"""InvokeAI: ``invokeai_metadata``, a flat object."""

from __future__ import annotations

from typing import Any

from pipeline.metadata.a1111 import scheduler_field

_FIELDS = {
    "positive_prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "width": "width",
    "height": "height",
    "steps": "steps",
    "cfg_scale": "guidance_scale",
    "seed": "seed",
}


def read(content: dict[str, Any]) -> tuple[dict[str, Any], str | None] | None:
    """Request fields and the model's name."""
    if not isinstance(content.get("positive_prompt"), str):
        return None
    fields = {ours: content[theirs] for theirs, ours in _FIELDS.items() if content.get(theirs) is not None}
    scheduler = content.get("scheduler")
    if isinstance(scheduler, str):
        fields.update(scheduler_field(scheduler, None))
    model = content.get("model")
    name = model.get("name", model.get("model_name")) if isinstance(model, dict) else None
    return fields, name if isinstance(name, str) else None
