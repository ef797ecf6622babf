"""How results reach where a job came from."""

from __future__ import annotations

from typing import Protocol

from storage.deliveries import Delivery
from storage.queue.job import Job


class Deliverer(Protocol):
    """Brings the result of a job to its origin, at least once: the same ``delivery.id`` may come again."""

    async def deliver(self, delivery: Delivery, job: Job) -> None:
        """Return once the result is safely there.

        Raises :class:`config.errors.RetryableError` for a reason that may pass, to be called again for days
        (``delivery.give_up_hours``); anything else is tried ``delivery.max_attempts`` times.
        """
