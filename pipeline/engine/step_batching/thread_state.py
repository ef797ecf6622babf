"""The part of torch's state that belongs to the thread although a pipeline thinks it is its own.

Every ``__call__`` of a pipeline runs under ``torch.no_grad`` and some under ``autocast``. Both are kept by the
thread, not by the greenlet: a job that ended would restore *its* idea of the mode for everybody else. So each
suspended picture carries its state, and the loop's own is put back after every switch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class ThreadState:
    """Gradient and autocast modes as one picture sees them."""

    grad: bool
    autocast: tuple[tuple[str, bool, torch.dtype], ...]

    def apply(self) -> None:
        """Make it the thread's state."""
        torch.set_grad_enabled(self.grad)
        for device, enabled, dtype in self.autocast:
            torch.set_autocast_enabled(device, enabled)
            torch.set_autocast_dtype(device, dtype)


def current(devices: tuple[str, ...]) -> ThreadState:
    """The thread's state now, for these device types."""
    return ThreadState(
        torch.is_grad_enabled(),
        tuple((device, torch.is_autocast_enabled(device), torch.get_autocast_dtype(device)) for device in devices),
    )
