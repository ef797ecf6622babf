"""Small model folders that pass every check, to be spoilt one way at a time. No weight in them means anything."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

INDEX: dict[str, Any] = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "safety_checker": [None, None],
    "requires_safety_checker": False,
    "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def safetensors(tensors: dict[str, Any] | None = None, data: bytes = bytes(16)) -> bytes:
    """A file of the format; one tensor of four floats unless the header is given."""
    header = {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}} if tensors is None else tensors
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def model_folder(root: Path) -> Path:
    """A whole folder at ``root``."""
    (root).mkdir(parents=True)
    write_json(root / "model_index.json", INDEX)
    for part in ("unet", "vae", "text_encoder"):
        (root / part).mkdir()
        write_json(root / part / "config.json", {"_class_name": INDEX[part][1], "sample_size": 32})
        (root / part / "diffusion_pytorch_model.safetensors").write_bytes(safetensors())
    (root / "scheduler").mkdir()
    write_json(root / "scheduler" / "scheduler_config.json", {"beta_start": 0.1})
    (root / "tokenizer").mkdir()
    write_json(root / "tokenizer" / "vocab.json", {"auto_map": 1, "a": 0})
    (root / "tokenizer" / "merges.txt").write_text("#version\na b\n", encoding="utf-8")
    (root / "README.md").write_text("A model.\n", encoding="utf-8")
    (root / "LICENSE").write_text("Free.\n", encoding="utf-8")
    return root


def write_json(file: Path, content: Any) -> None:
    """As JSON."""
    file.write_text(json.dumps(content), encoding="utf-8")
