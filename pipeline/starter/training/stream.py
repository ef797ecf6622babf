"""Packed scenes and their tokens in a fixed order, made by other processes where there are several cores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from pipeline.starter.training import composer, tokens
from pipeline.starter.training.packed import Packed, pack
from pipeline.starter.training.subjects import Collection

Batch = tuple[Packed, torch.Tensor]
"""The scenes, and int64 tokens (count, 77) of their captions."""
ENDLESS = 2**40


class SceneBatches(Dataset[Batch]):
    """Batch ``index`` holds the scenes ``index * size`` to ``(index + 1) * size - 1`` of a stream."""

    def __init__(self, collection: Collection, tokenizer: Any, stream: str, size: int) -> None:
        self._collection = collection
        self._tokenizer = tokenizer
        self._stream = stream
        self._size = size

    def __getitem__(self, index: int) -> Batch:
        numbers = range(index * self._size, (index + 1) * self._size)
        scenes = composer.compose_many(self._collection, self._stream, numbers)
        return pack(scenes), tokens.of(self._tokenizer, [scene.caption.text for scene in scenes])


def batches(source: SceneBatches, first: int, workers: int, pinned: bool) -> Iterator[Batch]:
    """From batch ``first`` on, without end, in order, whatever the number of processes."""
    loader: DataLoader[Batch] = DataLoader(
        source,
        batch_size=None,
        sampler=range(first, ENDLESS),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        pin_memory=pinned,
        worker_init_fn=_single_thread,
        # Its own, or the loader would draw from the generator that everything else may use.
        generator=torch.Generator(),
    )
    return iter(loader)


def _single_thread(_: int) -> None:
    """There are as many processes as cores already; the tokenizer's threads are its own."""
    torch.set_num_threads(1)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
