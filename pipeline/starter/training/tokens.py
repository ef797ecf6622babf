"""Captions as token numbers, by the starter's own tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import CLIPTokenizer

LENGTH = 77


def load(base: Path) -> Any:
    """The tokenizer of a pipeline folder."""
    return CLIPTokenizer.from_pretrained(base / "tokenizer", local_files_only=True)


def of(tokenizer: Any, captions: Sequence[str]) -> torch.Tensor:
    """int64 (captions, 77), padded and cut."""
    made = tokenizer(list(captions), padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt")
    numbers = made.input_ids
    assert isinstance(numbers, torch.Tensor)
    return numbers
