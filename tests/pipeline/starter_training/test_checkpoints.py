"""What is written is whole or absent, and holds what was learnt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from pipeline.starter.training import checkpoint, light
from pipeline.starter.training.failures import TrainingError

pytestmark = pytest.mark.engine


def test_tensors_and_facts_come_back_bit_for_bit(tmp_path: Path) -> None:
    given = {
        "whole": torch.arange(3, dtype=torch.uint8),
        "last": torch.randn(2, 4, 3, 3).to(memory_format=torch.channels_last),
        "view": torch.randn(6, 4)[::2].T,
        "number": torch.tensor(0.1),
    }
    checkpoint.write(tmp_path / "new" / "a.safetensors", given, {"step": 3, "spent_seconds": 0.1})

    tensors, facts = checkpoint.read(tmp_path / "new" / "a.safetensors")

    assert facts == {"step": 3, "spent_seconds": 0.1}
    assert tensors.keys() == given.keys()
    assert all(torch.equal(tensors[name], given[name]) for name in given)


def test_a_kill_between_write_and_rename_leaves_the_older_checkpoint(tmp_path: Path) -> None:
    """
    1. A checkpoint is there.
    2. Another process writes the next one and dies at the renaming, as by SIGKILL.
    Result: the older one is there and whole; the next one written takes its place and no leftover stays.
    """
    file = tmp_path / "a.safetensors"
    checkpoint.write(file, {"weight": torch.ones(2)}, {"step": 1})

    child = os.fork()
    if child == 0:
        os.replace = lambda *_: os._exit(9)  # type: ignore[assignment]
        checkpoint.write_bytes(file, b"half of the next")
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 9
    assert len(list(tmp_path.iterdir())) == 2
    assert checkpoint.read(file)[1] == {"step": 1}
    checkpoint.write(file, {"weight": torch.zeros(2)}, {"step": 2})
    assert checkpoint.read(file)[1] == {"step": 2}
    assert list(tmp_path.iterdir()) == [file]


def test_a_full_disk_leaves_the_older_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.safetensors"
    checkpoint.write(file, {"weight": torch.ones(2)}, {"step": 1})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.write(file, {"weight": torch.zeros(2)}, {"step": 2})

    assert checkpoint.read(file)[1] == {"step": 1}


@pytest.mark.parametrize("content", [b"", b"\x10\0\0\0\0\0\0\0{}", b"no checkpoint at all"])
def test_a_damaged_checkpoint_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.safetensors"
    file.write_bytes(content)

    with pytest.raises(TrainingError, match="damaged"):
        checkpoint.read(file)


def nets(seed: int) -> dict[str, nn.Module]:
    torch.manual_seed(seed)
    return {"one": nn.Linear(30, 40), "other": nn.Linear(50, 60)}


def test_carried_weights_come_in_small_parts_and_go_back_into_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(light, "PART_BYTES", 4000)
    sent, got = nets(1), nets(2)

    light.write(tmp_path, sent, {"step": 5})
    light.read(tmp_path, got)

    assert len(list(tmp_path.iterdir())) == 3
    for name, network in sent.items():
        for one, other in zip(network.parameters(), got[name].parameters(), strict=True):
            assert torch.equal(one.half().float(), other)


def test_parts_of_different_steps_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light, "PART_BYTES", 4000)
    light.write(tmp_path, nets(1), {"step": 5})
    newer = (tmp_path / "part-1.safetensors").read_bytes()
    light.write(tmp_path, nets(1), {"step": 6})
    (tmp_path / "part-1.safetensors").write_bytes(newer)

    with pytest.raises(TrainingError, match="different checkpoints"):
        light.read(tmp_path, nets(1))


def test_weights_of_other_sizes_are_refused(tmp_path: Path) -> None:
    light.write(tmp_path, nets(1), {"step": 5})

    with pytest.raises(TrainingError, match="do not fit"):
        light.read(tmp_path, {"one": nn.Linear(3, 4)})
