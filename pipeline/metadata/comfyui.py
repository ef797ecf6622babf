"""ComfyUI: ``prompt`` holds the graph that ran: ``{node id: {"class_type": ..., "inputs": {...}}}``.

An input is a value, or ``[node id, output]``: a link. The sampler's links lead to prompts, size and model.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from pipeline.metadata.a1111 import scheduler_field

MAX_NODES = 5_000
MAX_SAMPLERS = 20
"""Looked at for a prompt."""
MAX_LINKS = 100
"""Followed from one input; a graph may hold a circle."""

Graph = dict[str, Any]


def read(content: Graph) -> tuple[dict[str, Any], str | None] | None:
    """Request fields and the model's name, from the first sampler that has a prompt."""
    if len(content) > MAX_NODES:
        return None
    nodes = (_inputs(node) for node in content.values())
    samplers = (inputs for inputs in nodes if "positive" in inputs and "sampler_name" in inputs)
    for inputs in islice(samplers, MAX_SAMPLERS):
        prompt = _text(content, inputs["positive"])
        if prompt:
            return _fields(content, inputs, prompt), _model(content, inputs.get("model"))
    return None


def _fields(graph: Graph, inputs: Graph, prompt: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"prompt": prompt}
    negative = _text(graph, inputs.get("negative"))
    if negative:
        fields["negative_prompt"] = negative
    seed = "seed" if "seed" in inputs else "noise_seed"
    for theirs, ours in ((seed, "seed"), ("steps", "steps"), ("cfg", "guidance_scale")):
        value = _value(graph, inputs.get(theirs))
        if value is not None:
            fields[ours] = value
    fields.update(_size(graph, inputs.get("latent_image")))
    sampler, schedule = _value(graph, inputs["sampler_name"]), _value(graph, inputs.get("scheduler"))
    if isinstance(sampler, str):
        fields.update(scheduler_field(sampler, schedule if isinstance(schedule, str) else None))
    return fields


def _text(graph: Graph, link: Any) -> str | None:
    """The text a conditioning was encoded from; nodes between (control nets, areas) are passed through."""
    for _ in range(MAX_LINKS):
        inputs = _inputs(_node(graph, link))
        for name in ("text", "text_g", "t5xxl", "prompt"):
            text = _value(graph, inputs.get(name))
            if isinstance(text, str):
                return text
        link = next((inputs[name] for name in ("conditioning", "positive", "conditioning_1") if name in inputs), None)
        if link is None:
            return None
    return None


def _size(graph: Graph, link: Any) -> dict[str, Any]:
    inputs = _inputs(_node(graph, link))
    width, height = _value(graph, inputs.get("width")), _value(graph, inputs.get("height"))
    return {"width": width, "height": height} if isinstance(width, int) and isinstance(height, int) else {}


def _model(graph: Graph, link: Any) -> str | None:
    for _ in range(MAX_LINKS):
        inputs = _inputs(_node(graph, link))
        for name in ("ckpt_name", "unet_name", "model_name"):
            if isinstance(inputs.get(name), str):
                return str(inputs[name])
        link = inputs.get("model")
        if link is None:
            return None
    return None


def _value(graph: Graph, value: Any) -> Any:
    """A value, also through links to nodes that only hold one."""
    for _ in range(MAX_LINKS):
        if not isinstance(value, list):
            return value
        inputs = _inputs(_node(graph, value))
        value = next((inputs[name] for name in ("value", "text", "string", "seed", "int") if name in inputs), None)
    return None


def _node(graph: Graph, link: Any) -> Any:
    return graph.get(str(link[0])) if isinstance(link, list) and link and isinstance(link[0], str | int) else None


def _inputs(node: Any) -> Graph:
    inputs = node.get("inputs") if isinstance(node, dict) else None
    return inputs if isinstance(inputs, dict) else {}
