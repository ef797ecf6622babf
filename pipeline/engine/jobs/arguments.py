"""A task as the keyword arguments of a stock pipeline."""

from __future__ import annotations

import functools
import inspect
import io
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image, ImageOps

from config.errors import UserError
from pipeline.engine.loading import LoadedModel
from pipeline.messages import Task

_TRUE_GUIDANCE = frozenset({"QwenImagePipeline", "QwenImageImg2ImgPipeline"})
"""Pipelines whose classifier-free guidance is called ``true_cfg_scale``."""


def check(task: Task, model: LoadedModel) -> None:
    """Refuse sizes the model can't draw, naming the nearest that it can."""
    for name, pixels in (("width", task.width), ("height", task.height)):
        if pixels % model.factor:
            lower = max(pixels // model.factor, 1) * model.factor
            message = f"{name} must be a multiple of {model.factor} for this model (got {pixels})"
            raise UserError(message, field=name, hint=f"use {lower} or {lower + model.factor}")


def steps_of(task: Task, image: Image.Image | None) -> int:
    """Denoising steps a picture takes: all, or the share that is run on an input picture."""
    if image is None or task.denoising_strength is None:
        return task.steps
    return min(int(task.steps * task.denoising_strength), task.steps)


def build(pipe: Any, task: Task, seed: int, image: Image.Image | None) -> dict[str, Any]:
    """All of the task that this pipeline takes. The noise comes from a CPU generator, the same on every device."""
    strength = 1.0 if task.denoising_strength is None else task.denoising_strength
    guidance = "true_cfg_scale" if type(pipe).__name__ in _TRUE_GUIDANCE else "guidance_scale"
    every = {
        "prompt": task.prompt,
        "negative_prompt": task.negative_prompt,
        "width": task.width,
        "height": task.height,
        "num_inference_steps": task.steps,
        guidance: task.guidance_scale,
        "generator": torch.Generator("cpu").manual_seed(seed),
        "output_type": "pil",
    }
    if image is not None:
        every |= {"image": image, "strength": strength}
    taken = parameters(type(pipe).__call__)
    return {name: value for name, value in every.items() if name in taken}


def input_picture(png: bytes, width: int, height: int) -> Image.Image:
    """The input picture in the size to draw: scaled to cover it, and cut at the middle."""
    with Image.open(io.BytesIO(png)) as image:
        picture = image.convert("RGB")
    if picture.size == (width, height):
        return picture
    return ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)


def tokens_dropped(pipe: Any, prompt: str) -> int:
    """How many tokens of the prompt the text encoder does not see."""
    tokenizer = getattr(pipe, "tokenizer", None)
    limit = getattr(tokenizer, "model_max_length", None)
    if tokenizer is None or not isinstance(limit, int) or len(prompt) < limit - 2:
        return 0
    return max(0, len(tokenizer(prompt, truncation=False, verbose=False).input_ids) - limit)


@functools.cache
def parameters(call: Callable[..., Any]) -> frozenset[str]:
    """Names of the arguments of a pipeline's call."""
    return frozenset(inspect.signature(call).parameters)
