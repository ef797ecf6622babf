"""What an engine is: the loop around it (:mod:`pipeline.engine.loop`) knows nothing else.

An engine lives on one thread, the only one of its process that ever computes. It is given ``send`` when it
is built and reports through it. It keeps these promises, which one test suite checks for every engine:

- Each :class:`~pipeline.messages.Draw` is answered by exactly one of ``Finished``, ``Failed`` or ``Stopped``
  with the same ``(job, attempt)``; before ``Finished``, one ``Drawn`` for each of the ``count`` pictures.
- A job joins at the next forward. When there are more jobs than rows, the more urgent go first, within the same
  urgency the older; the others are parked and go on later as if nothing had happened. Of jobs with several pictures
  the first pictures go before the second ones. How urgent a job is may change; that counts from the next forward on.
- Who is set aside (:data:`~pipeline.messages.ASIDE`) is drawn as soon as nobody else can be, and not with them.
- A cancelled or overdue job ends before its next step.
- A job for which memory runs out is begun again by itself, in low-memory mode, while the others wait unharmed; its
  pictures say so in their facts. It fails, as its own request's fault, when it does not fit even then.
- What one job asks for never ends the engine: a bad job fails, its neighbours go on. An exception out of
  ``accept`` or ``step`` means that the engine can't go on.
- ``pulse`` is true at any moment between two calls of ``send``: a step is counted before the job's end is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pipeline.messages import Cancel, Draw, Pulse, Rank, Ready, ToDaemon

Send = Callable[[ToDaemon], None]
"""Hands a message to the writer; never waits for the daemon."""


class Engine(Protocol):
    """Draws many jobs together, one forward at a time."""

    def ready(self) -> Ready:
        """What this engine is; asked once, before anything else."""

    def accept(self, message: Draw | Cancel | Rank) -> None:
        """Note the message; bookkeeping only. A wish about an unknown ``(job, attempt)`` is ignored."""

    def step(self) -> bool:
        """One forward (or one decode, or one load); false when no work is left in hand."""

    def pulse(self) -> Pulse:
        """What is going on: jobs in the current batch and parked, forwards and steps since the start."""


Build = Callable[[Send], Engine]
