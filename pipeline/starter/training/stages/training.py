"""The state of a stage: all that a checkpoint holds and all that changes from step to step."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from pipeline.starter.training.ema import Average
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.optimiser import Optimiser

_LOSS_MEMORY = 0.02
_APART = 1000
"""More than the stages add to the seed."""


class Training:
    """Networks by name, their optimiser, their averages if they are kept, random numbers, the number of steps taken."""

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        optimiser: Optimiser,
        device: torch.device,
        seed: int,
        averaged: bool,
        earlier: int = 0,
    ) -> None:
        self.networks = dict(networks)
        self.optimiser = optimiser
        self.averages = {name: Average(each) for name, each in networks.items()} if averaged else {}
        self.generator = torch.Generator(device).manual_seed(seed + earlier * _APART)
        self.earlier = earlier
        """Steps behind the carried weights from which this stage began, for random numbers and scenes of its own."""
        self.step = 0
        self.loss = torch.zeros((), device=device)
        """The running mean of the loss, over about 50 steps."""

    @property
    def results(self) -> dict[str, nn.Module]:
        """What is drawn with: the averages, or the networks where none are kept."""
        return {name: each.network for name, each in self.averages.items()} or self.networks

    def advance(self, loss: torch.Tensor, rate: float) -> None:
        """One step down the gradient of ``loss``."""
        self.optimiser.step(loss, rate)
        for average in self.averages.values():
            average.update(self.step)
        new = loss.detach().float()
        self.loss = new if self.step == 0 else self.loss.lerp(new, _LOSS_MEMORY)
        self.step += 1

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything, by unique names."""
        found = {"random": self.generator.get_state(), "loss": self.loss}
        found |= {f"optimiser.{name}": tensor for name, tensor in self.optimiser.tensors().items()}
        for kind, networks in self._kinds().items():
            for owner, network in networks.items():
                found |= {f"{kind}.{owner}.{name}": tensor for name, tensor in network.state_dict().items()}
        return found

    def restore(self, tensors: Mapping[str, torch.Tensor], step: int, earlier: int = 0) -> None:
        """Go on from what :meth:`tensors` gave, bit for bit on the same device and libraries."""
        try:
            for kind, networks in self._kinds().items():
                for owner, network in networks.items():
                    network.load_state_dict(_below(tensors, f"{kind}.{owner}."))
            self.optimiser.restore(_below(tensors, "optimiser."))
            self.generator.set_state(tensors["random"])
        except (KeyError, RuntimeError) as error:
            raise TrainingError(f"the checkpoint is of other networks or another kind of device: {error}") from error
        self.loss = tensors["loss"].to(self.loss.device)
        self.step = step
        self.earlier = earlier

    def _kinds(self) -> dict[str, dict[str, nn.Module]]:
        averages = {name: each.network for name, each in self.averages.items()}
        return {"network": self.networks, "average": averages}


def _below(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}
