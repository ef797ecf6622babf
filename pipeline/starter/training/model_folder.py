"""What is learnt, in half precision, as folders that diffusers and transformers load."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, ControlNetModel, StableDiffusionPipeline
from transformers import CLIPModel, CLIPTextModel

from pipeline.starter.training import checkpoint, listing, noise, tokens
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.workshop import Workshop

MODEL, CLIP, CONTROL = "starter", "starter/clip", "starter-control-edges"
ORIGIN = "trained.json"
"""In each of them: of which stage and step it is."""


def save_model(out: Path, workshop: Workshop, networks: Mapping[str, Any], origin: checkpoint.Facts) -> Path:
    """A pipeline folder with the text encoder and UNet of ``networks``, the VAE and tokenizer of the base."""
    base = workshop.options.base
    vae = AutoencoderKL.from_pretrained(base / "vae", dtype=torch.float16, local_files_only=True)  # type: ignore[no-untyped-call]
    pipe = assembled(vae, tokens.load(base), _half(networks["text"]), _half(networks["unet"]))

    def fill(folder: Path) -> None:
        pipe.save_pretrained(folder, safe_serialization=True)
        shutil.copytree(base / "tokenizer", folder / "tokenizer", dirs_exist_ok=True)  # with the plain vocabulary
        listing.write(folder, workshop.collection, workshop.options.sizes.side)

    return _replaced(out / MODEL, fill, origin)


def save_clip(out: Path, workshop: Workshop, networks: Mapping[str, Any], origin: checkpoint.Facts) -> Path:
    """``clip/`` in the model's folder, with the preparation of its pictures."""
    side = workshop.options.sizes.eye_side

    def fill(folder: Path) -> None:
        _half(networks["clip"]).save_pretrained(folder)
        tokens.load(workshop.options.base).save_pretrained(folder)
        checkpoint.write_bytes(folder / "preprocessor_config.json", _preparation(side))

    return _replaced(out / CLIP, fill, origin)


def save_control(out: Path, networks: Mapping[str, Any], origin: checkpoint.Facts) -> Path:
    """A folder of its own beside the model's."""
    return _replaced(out / CONTROL, lambda folder: _half(networks["control"]).save_pretrained(folder), origin)


def origin(stage: str, step: int) -> dict[str, Any]:
    """What a folder says of itself."""
    return {"stage": stage, "step": step}


def origin_of(folder: Path) -> dict[str, Any]:
    """Of a folder that is there; of others, and of those made without saying so, nothing."""
    file = folder / ORIGIN
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def assembled(vae: Any, tokenizer: Any, text: Any, unet: Any) -> Any:
    """A pipeline that draws."""
    pipe: Any = StableDiffusionPipeline(  # type: ignore[no-untyped-call]
        vae=vae,
        text_encoder=text,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=noise.sampler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def load_pipeline(out: Path, device: torch.device) -> Any:
    """The saved model in float32, frozen, ready to draw."""
    pipe: Any = StableDiffusionPipeline.from_pretrained(  # type: ignore[no-untyped-call]
        _there(out / MODEL, "unet"), dtype=torch.float32, local_files_only=True
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.unet.to(memory_format=torch.channels_last)
    return pipe.to(device)


def load_text(out: Path, device: torch.device) -> Any:
    """The saved text encoder alone, frozen, in float32."""
    folder = _there(out / MODEL, "unet") / "text_encoder"
    return _frozen(CLIPTextModel.from_pretrained(folder, dtype=torch.float32), device)


def load_clip(out: Path, device: torch.device) -> Any:
    """The saved CLIP, frozen, in float32."""
    folder = _there(out / CLIP, "clip")
    return _frozen(CLIPModel.from_pretrained(folder, dtype=torch.float32), device)


def load_control(out: Path, device: torch.device) -> Any:
    """The saved ControlNet, frozen, in float32."""
    folder = _there(out / CONTROL, "control")
    return _frozen(ControlNetModel.from_pretrained(folder, dtype=torch.float32), device)  # type: ignore[no-untyped-call]


def _there(folder: Path, stage: str) -> Path:
    if not folder.is_dir():
        raise TrainingError(f"there is no {folder}: finish the stage {stage} first (train --stages {stage})")
    return folder


def _frozen(network: Any, device: torch.device) -> Any:
    return network.eval().requires_grad_(False).to(device)


def _half(network: Any) -> Any:
    return copy.deepcopy(network).to(torch.float16)


def _replaced(folder: Path, fill: Callable[[Path], object], origin: checkpoint.Facts) -> Path:
    """``folder`` filled anew; what is beside the pipeline's own files in an older one (``clip/``) is kept."""
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    fill(beside)
    checkpoint.write_bytes(beside / ORIGIN, (json.dumps(dict(origin)) + "\n").encode())
    _forget_paths(beside)
    if (folder / "clip").is_dir() and not (beside / "clip").exists():
        shutil.move(folder / "clip", beside / "clip")
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)
    return folder


def _forget_paths(folder: Path) -> None:
    """The libraries note where a part was loaded from: nobody else has that folder."""
    for file in folder.rglob("*.json"):
        words = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(words, dict) and (found := _without_paths(words)) != words:
            file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _without_paths(words: dict[str, Any]) -> dict[str, Any]:
    kept = {name: each for name, each in words.items() if name not in ("_name_or_path", "name_or_path")}
    return {name: _without_paths(each) if isinstance(each, dict) else each for name, each in kept.items()}


def _preparation(side: int) -> bytes:
    halves = [0.5, 0.5, 0.5]
    words = {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True,
        "size": {"height": side, "width": side},
        "resample": 3,
        "do_center_crop": False,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": halves,
        "image_std": halves,
        "do_convert_rgb": True,
    }
    return (json.dumps(words) + "\n").encode()
