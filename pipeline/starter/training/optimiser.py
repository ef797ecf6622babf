"""The optimiser of a stage: Muon for the inner matrices where it is wanted, AdamW for all else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from pipeline.starter.training.muon import Muon

LONGEST_GRADIENT = 1.0
_OUTER = ("conv_in", "conv_out", "time_embedding")
"""Where a UNet meets latents and time: no inner matrices, orthogonalising them gains nothing."""


@dataclass(frozen=True, slots=True)
class Group:
    """Weights that AdamW moves, at ``scale`` times the rate."""

    weights: tuple[nn.Parameter, ...]
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Habits:
    """Of AdamW (Loshchilov & Hutter 2019)."""

    second_beta: float = 0.99
    weight_decay: float = 0.01


def inner_matrices(unet: nn.Module) -> tuple[nn.Parameter, ...]:
    """The weights of a UNet that Muon moves."""
    return tuple(weight for name, weight in unet.named_parameters() if weight.ndim >= 2 and not name.startswith(_OUTER))


class Optimiser:
    """``orthogonal`` go to Muon, ``groups`` to AdamW; no weight is in both."""

    def __init__(
        self, groups: Sequence[Group], orthogonal: Sequence[nn.Parameter] = (), habits: Habits | None = None
    ) -> None:
        chosen = habits or Habits()
        self._weights = [*orthogonal, *(weight for group in groups for weight in group.weights)]
        self._muon = Muon(orthogonal)
        self._scales = [group.scale for group in groups]
        self._adam = torch.optim.AdamW(
            [{"params": list(group.weights)} for group in groups],
            lr=0.0,
            betas=(0.9, chosen.second_beta),
            weight_decay=chosen.weight_decay,
            fused=True,
        )

    def step(self, loss: torch.Tensor, rate: float) -> None:
        """Gradients of ``loss``, no longer than 1 together, and one update of every weight."""
        for weight in self._weights:
            weight.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._weights, LONGEST_GRADIENT)
        for group, scale in zip(self._adam.param_groups, self._scales, strict=True):
            group["lr"] = rate * scale
        self._muon.step(rate)
        self._adam.step()

    def tensors(self) -> dict[str, torch.Tensor]:
        """What a checkpoint holds, by unique names."""
        found = {f"muon.{name}": tensor for name, tensor in self._muon.tensors().items()}
        for number, state in self._adam.state_dict()["state"].items():
            found |= {f"adam.{number}.{name}": tensor for name, tensor in state.items()}
        return found

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what :meth:`tensors` gave."""
        momenta = {name.removeprefix("muon."): each for name, each in tensors.items() if name.startswith("muon.")}
        self._muon.restore(momenta)
        weights = [weight for group in self._adam.param_groups for weight in group["params"]]
        states: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "adam":
                number, _, part = rest.partition(".")
                states.setdefault(int(number), {})[part] = _laid_out_like(weights[int(number)], tensor)
        groups = self._adam.state_dict()["param_groups"]
        self._adam.load_state_dict({"state": states, "param_groups": groups})


def _laid_out_like(weight: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """The fused kernel pairs elements by their order in memory, and a weight's channels may come last there."""
    return torch.empty_like(weight).copy_(tensor) if tensor.shape == weight.shape else tensor
