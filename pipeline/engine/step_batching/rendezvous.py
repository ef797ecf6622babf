"""Where a picture's pipeline waits: its call of a network is handed to the loop instead of being run.

The module's method is replaced once, after loading. Called from a picture (a greenlet) it suspends the picture
with its arguments; called from anywhere else it is the plain method. A switch costs 0.7 microseconds.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import greenlet
import torch

from pipeline.engine.step_batching import families, signature, thread_state


class Kind(Enum):
    """What a call computes; decides in which order the loop serves it."""

    TEXT = "text"
    ENCODE = "encode"
    DENOISE = "denoise"
    DECODE = "decode"


@dataclass(frozen=True, eq=False, slots=True)
class Seat:
    """One method of one loaded module, where calls of several pictures may meet."""

    name: str
    kind: Kind
    module: torch.nn.Module
    run: Callable[..., Any]
    """The module's own method."""
    parameters: tuple[str, ...]
    """Names of its positional parameters."""
    optional: frozenset[str]
    """Parameters that default to ``None``: given as ``None`` they say nothing."""
    rules: families.Rules


@dataclass(eq=False, slots=True)
class Call:
    """One suspended call with its arguments, by name, and the thread state it wants."""

    seat: Seat
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    state: thread_state.ThreadState
    shape: signature.Signature | None = None

    def named(self) -> dict[str, Any]:
        """All arguments that say something, by name."""
        every = {**dict(zip(self.seat.parameters, self.args, strict=False)), **self.kwargs}
        return {name: value for name, value in every.items() if value is not None or name not in self.seat.optional}

    def signature(self) -> signature.Signature:
        """What it can be merged with; computed once."""
        if self.shape is None:
            self.shape = signature.of(self.named(), self.seat.rules)
        return self.shape

    def alone(self) -> Any:
        """Run it exactly as the pipeline wrote it."""
        return self.seat.run(*self.args, **self.kwargs)


class Suspendable(greenlet.greenlet):
    """A pipeline call that can stop at a rendezvous and go on later."""

    def __init__(self, run: Callable[[], Any], devices: tuple[str, ...]) -> None:
        super().__init__(run)
        self._devices = devices
        self._state = thread_state.current(devices)

    def wait(self, seat: Seat, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called inside: stop here until the answer is there."""
        parent = self.parent
        assert parent is not None
        return parent.switch(Call(seat, args, kwargs, thread_state.current(self._devices)))

    def resume(self, answer: Any = None) -> Any:
        """Called by the loop: go on to the next :class:`Call`, which is returned, or to the end (its result)."""
        return self._enter(lambda: self.switch(answer) if self else self.switch())

    def fail(self, error: BaseException) -> Any:
        """Called by the loop: let the suspended call raise. Returns like :meth:`resume` if the pipeline catches it."""
        return self._enter(lambda: self.throw(error))

    def _enter(self, switch: Callable[[], Any]) -> Any:
        self.parent = greenlet.getcurrent()
        outer = thread_state.current(self._devices)
        self._state.apply()
        try:
            return switch()
        finally:
            self._state = thread_state.current(self._devices)
            outer.apply()


def install(module: torch.nn.Module, method: str, kind: Kind, name: str) -> Seat:
    """Replace ``module.method`` by a rendezvous; ``name`` is the component's name in the pipeline."""
    real = getattr(module, method)
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(real).parameters.values()
    names = tuple(p.name for p in parameters if p.kind in positional)
    optional = frozenset(p.name for p in parameters if p.default is None)
    seat = Seat(name, kind, module, real, names, optional, families.rules_for(type(module).__name__))

    @functools.wraps(real)
    def meet(*args: Any, **kwargs: Any) -> Any:
        current = greenlet.getcurrent()
        if isinstance(current, Suspendable):
            return current.wait(seat, args, kwargs)
        return real(*args, **kwargs)

    setattr(module, method, meet)
    return seat
