"""Who is served next. Pure: it looks at what waits and changes nothing.

More urgent pictures go first; only a finished picture that has waited for DECODE_WITHIN_FORWARDS is decoded before
them, and then a forward comes before the next such one. Within an urgency VAE calls and forwards take turns, so
that a picture that is being finished never stalls the running ones for longer than one decode, and groups that
can't share a forward (other sizes, other models, deterministic ones) take turns too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from pipeline.engine.step_batching.rendezvous import Call, Kind

DECODE_WITHIN_FORWARDS = 8
"""A finished picture is decoded after at most so many forwards, however urgent these are, plus one forward for each
finished picture that has waited longer."""


class Waiting(Protocol):
    """What the choice needs to know of a picture that waits at a rendezvous."""

    @property
    def urgency(self) -> int:
        """Lower goes first."""

    @property
    def call(self) -> Call | None:
        """Where it waits."""

    @property
    def begun(self) -> bool:
        """Its first denoising step is done."""

    @property
    def alone(self) -> bool:
        """Its calls are never merged."""

    @property
    def served_at(self) -> int:
        """Number of the pass that served it last, or the last but one before it was started."""

    @property
    def finished_at(self) -> int:
        """Number of the denoising forward that made its last step; of use while it waits for its decode."""


W = TypeVar("W", bound=Waiting)


def next_group(
    drawing: Sequence[W],
    finishing: Sequence[W],
    most: Callable[[Call], int],
    *,
    vae_was_last: bool,
    crowd: int,
    forwards: int,
) -> list[W]:
    """The pictures to serve with one pass: one for a VAE call, a group for a forward; empty when nothing waits.

    ``drawing`` are the pictures in the slots, ``finishing`` those that wait for their decode, both in order of
    service. ``most`` tells how many calls like one may share a forward; a backlog of ``crowd`` decodes goes first.
    ``forwards`` is the number of denoising forwards so far.
    """
    denoise = [one for one in drawing if one.call is not None and one.call.seat.kind is Kind.DENOISE]
    encode = [one for one in drawing if one.call is not None and one.call.seat.kind is Kind.ENCODE]
    oldest = min(finishing, key=lambda one: one.finished_at, default=None)
    if oldest is not None and not vae_was_last and forwards - oldest.finished_at >= DECODE_WITHIN_FORWARDS:
        return [oldest]
    vae = min([*encode, *finishing], key=lambda one: one.urgency, default=None)
    if vae is None:
        return _forward(denoise, most)
    if denoise and not _vae_first(vae, denoise, vae_was_last=vae_was_last, crowded=len(finishing) >= crowd):
        return _forward(denoise, most)
    return [vae]


def _vae_first(vae: Waiting, denoise: Sequence[Waiting], *, vae_was_last: bool, crowded: bool) -> bool:
    best = min(one.urgency for one in denoise)
    if vae.urgency != best:
        return vae.urgency < best
    nobody_runs = not any(one.begun for one in denoise if one.urgency == best)
    encodes = vae.call is not None and vae.call.seat.kind is Kind.ENCODE
    # Input pictures are encoded before anybody's first step, so that those who came together run together.
    return (encodes and nobody_runs) or crowded or not vae_was_last


def _forward(denoise: Sequence[W], most: Callable[[Call], int]) -> list[W]:
    if not denoise:
        return []
    best = min(one.urgency for one in denoise)
    head = min((one for one in denoise if one.urgency == best), key=lambda one: one.served_at)
    if head.alone:
        return [head]
    call = head.call
    assert call is not None
    group = [head, *(one for one in denoise if one is not head and _fits(one, call))]
    return group[: most(call)]


def _fits(one: Waiting, call: Call) -> bool:
    other = one.call
    return (
        not one.alone
        and other is not None
        and other.seat is call.seat
        and other.state == call.state
        and other.signature().key == call.signature().key
    )
