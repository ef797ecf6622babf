"""A model from its folder: the stock pipelines of its family over one set of components.

Loaded from a local path only, safetensors only, nothing but classes of diffusers and transformers.
"""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import diffusers
import torch
from diffusers.pipelines import auto_pipeline

from config.errors import FatalError, UserError
from pipeline.engine import failures, vae_precision
from pipeline.engine.devices import Device
from pipeline.engine.dtypes import Precision
from pipeline.engine.previews import Previewer
from pipeline.engine.step_batching import rendezvous
from pipeline.engine.step_batching.rendezvous import Kind
from pipeline.messages import ModelPlace

Task = Literal["text_to_image", "image_to_image"]

DENOISERS = ("unet", "transformer", "transformer_2", "prior")
_TASKS = {
    "text_to_image": auto_pipeline.AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
    "image_to_image": auto_pipeline.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
}


@dataclass(frozen=True, eq=False, slots=True)
class LoadedModel:
    """A model in the device's memory, with a rendezvous at every network."""

    place: ModelPlace
    pipelines: dict[Task, Any]
    """The stock pipeline of each task this family can do; all share the components."""
    factor: int
    """Width and height must be multiples of this."""
    scheduler_config: dict[str, Any]
    """The scheduler the model comes with."""
    precision: Precision
    previewer: Previewer
    schedulers: dict[str, Any] = field(default_factory=dict)
    """Schedulers made so far, by name: copied for each picture."""

    @property
    def key(self) -> tuple[str, str]:
        """Models of equal key are the same."""
        return key_of(self.place)


def key_of(place: ModelPlace) -> tuple[str, str]:
    """What tells models apart."""
    return (place.path, place.sha256)


def load(place: ModelPlace, device: Device, precision: Precision) -> LoadedModel:
    """Read the model and put it on the device. Raises :class:`UserError` or :class:`FatalError`."""
    pipe = _read(place, precision)
    _arrange(pipe, device, precision)
    base = type(pipe).__name__
    pipelines: dict[Task, Any] = {}
    for task, mapping in _TASKS.items():
        found = auto_pipeline._get_task_class(mapping, base, throw_error_if_not_exist=False)
        if found is not None:
            pipelines[task] = pipe if found is type(pipe) else _sibling(pipe, found)  # type: ignore[index]
    if not pipelines:
        raise UserError(f"{base} is neither a text to image nor an image to image pipeline", field="model")
    _seat(pipe)
    config = dict(pipe.scheduler.config) | {"_class_name": type(pipe.scheduler).__name__}
    scale = getattr(getattr(pipe, "image_processor", None), "config", {}).get("vae_scale_factor", 8)
    return LoadedModel(place, pipelines, int(scale), config, precision, Previewer(pipe.vae))


def _read(place: ModelPlace, precision: Precision) -> Any:
    folder = Path(place.path)
    try:
        index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
        name = index["_class_name"]
    except (OSError, ValueError, KeyError) as error:
        raise FatalError(f"{folder} holds no pipeline: {error}", field="model") from None
    kind = getattr(diffusers, name, None) if isinstance(name, str) else None
    if not (inspect.isclass(kind) and issubclass(kind, diffusers.DiffusionPipeline)):
        raise FatalError(f"{name} is no pipeline of diffusers {diffusers.__version__}", field="model")
    try:
        pipe = kind.from_pretrained(  # type: ignore[no-untyped-call]
            folder, dtype=precision.networks, local_files_only=True, use_safetensors=True, low_cpu_mem_usage=True
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        if failures.is_out_of_memory(error):
            raise
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise FatalError(f"{place.name} could not be loaded: {first}", field="model") from error
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _arrange(pipe: Any, device: Device, precision: Precision) -> None:
    pipe.to(device.torch)
    pipe.vae.to(dtype=precision.vae)
    if precision.vae is torch.bfloat16 or device.torch.type == "cuda":
        # Measured on CPU: a bfloat16 decode takes 0.4 of the time; float32 and the denoiser gain nothing.
        pipe.vae.to(memory_format=torch.channels_last)
    if precision.vae != precision.networks:
        vae_precision.bridge(pipe.vae, precision.networks)
    for component in pipe.components.values():
        if isinstance(component, torch.nn.Module):
            component.eval().requires_grad_(False)
            if getattr(component, "is_cache_enabled", False):
                raise FatalError("a model whose denoiser caches between steps can't be shared", field="model")


def _sibling(pipe: Any, kind: type[Any]) -> Any:
    """Another task's pipeline over the same components. Not ``from_pipe``: that casts them to float32 unless told."""
    wanted = inspect.signature(kind.__init__).parameters
    given = {**dict(pipe.config), **pipe.components}
    sibling = kind(**{name: _value(given[name]) for name in wanted if name in given})
    sibling.set_progress_bar_config(disable=True)
    return sibling


def _value(given: Any) -> Any:
    return None if isinstance(given, list | tuple) and list(given) == [None, None] else given


def _seat(pipe: Any) -> None:
    """Put a rendezvous at every network the pipelines call."""
    for name, component in pipe.components.items():
        if not isinstance(component, torch.nn.Module):
            continue
        if name in DENOISERS:
            rendezvous.install(component, "forward", Kind.DENOISE, name)
        elif name.startswith("text_encoder"):
            rendezvous.install(component, "forward", Kind.TEXT, name)
        elif name == "vae":
            rendezvous.install(component, "encode", Kind.ENCODE, name)
            rendezvous.install(component, "decode", Kind.DECODE, name)
