"""Run suspended calls: together where that is right and possible, one by one where it is not."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from pipeline.engine import failures
from pipeline.engine.step_batching import thread_state, thrift
from pipeline.engine.step_batching.merge import merge, split
from pipeline.engine.step_batching.rendezvous import Call
from pipeline.engine.step_batching.verification import Verdicts, agree


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call got: its answer, or the error that is raised at the suspended call."""

    answer: Any = None
    error: Exception | None = None


class Forwards:
    """Serves groups of calls with equal signatures, and remembers how many fit and whether merging is right."""

    def __init__(self, devices: tuple[str, ...]) -> None:
        self.count = 0
        """Passes of a network that served someone; passes made only to verify are not counted."""
        self._devices = devices
        self._verdicts = Verdicts()
        self._fitting: weakref.WeakKeyDictionary[torch.nn.Module, dict[Hashable, int]] = weakref.WeakKeyDictionary()

    def most_together(self, call: Call, wish: int) -> int:
        """How many calls like this one may share a forward."""
        if self._verdicts.mergeable(call) is False:
            return 1
        return min(wish, self._fitting.get(call.seat.module, {}).get(call.signature().key, wish))

    def alone(self, call: Call, *, deterministic: bool = False, low_memory: bool = False) -> Outcome:
        """Run one call exactly as its pipeline wrote it, or in parts where memory is short."""
        self.count += 1
        with self._state_of(call), _deterministic(deterministic):
            try:
                if low_memory:
                    return Outcome(thrift.run(call, by_rows=self._by_rows(call, deterministic=deterministic)))
                return Outcome(call.alone())
            except Exception as error:  # boundary: one picture's failure is that picture's alone
                return self._failed(error)

    def _by_rows(self, call: Call, *, deterministic: bool) -> bool:
        """Whether its rows may be computed one by one. For a deterministic call what was found out by chance, in
        forwards of others before, must make no difference."""
        verified = None if deterministic else self._verdicts.mergeable(call)
        return call.seat.rules.by_rows if verified is None else verified

    def together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run calls of equal signature in one forward; each gets what it would have got alone."""
        if len(calls) == 1:
            return [self.alone(calls[0])]
        known = self._verdicts.mergeable(calls[0])
        if known is False:
            return [self.alone(call) for call in calls]
        try:
            answers = self._merged(calls)
        except Exception as error:  # boundary: find out below whose fault it is
            return self._apart(calls, error)
        if known is None and not self._verified(calls, answers):
            return [self.alone(call) for call in calls]
        self.count += 1
        return [Outcome(answer) for answer in answers]

    def _merged(self, calls: Sequence[Call]) -> list[Any]:
        seat, rows = calls[0].seat, [call.signature().rows for call in calls]
        with self._state_of(calls[0]):
            return split(seat.run(**merge([call.named() for call in calls], rows, seat.rules)), rows)

    def _apart(self, calls: Sequence[Call], error: Exception) -> list[Outcome]:
        """Out of memory halves the group, for as long as the model is there; else each is retried alone, so that only
        the guilty fails."""
        if not failures.is_out_of_memory(error):
            return [self.alone(call) for call in calls]
        failures.release_memory(after=error)
        half = max(1, len(calls) // 2)
        self._fitting.setdefault(calls[0].seat.module, {})[calls[0].signature().key] = half
        return [*self.together(calls[:half]), *self.together(calls[half:])]

    def _verified(self, calls: Sequence[Call], answers: Sequence[Any]) -> bool:
        """Compare the ends of the group: a value taken from the wrong row shows in the first or the last."""
        try:
            for call, answer in ((calls[0], answers[0]), (calls[-1], answers[-1])):
                with self._state_of(call):
                    if not agree(answer, call.alone()):
                        self._verdicts.note(call, agrees=False)
                        return False
        except Exception:  # boundary: the pictures get the error from their own call
            return False
        self._verdicts.note(calls[0], agrees=True)
        return True

    def _failed(self, error: Exception) -> Outcome:
        if failures.is_out_of_memory(error):
            failures.release_memory(after=error)
        return Outcome(error=error)

    @contextlib.contextmanager
    def _state_of(self, call: Call) -> Iterator[None]:
        outer = thread_state.current(self._devices)
        if call.state == outer:
            yield
            return
        call.state.apply()
        try:
            yield
        finally:
            outer.apply()


@contextlib.contextmanager
def _deterministic(wanted: bool) -> Iterator[None]:
    """Only kernels whose result does not depend on chance, for one call."""
    if not wanted:
        yield
        return
    before, warn = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn)
        torch.backends.cudnn.benchmark = benchmark
