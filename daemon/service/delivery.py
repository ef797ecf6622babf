"""How results reach where a job came from."""

from __future__ import annotations

from typing import Protocol

from storage.deliveries import Delivery
from storage.queue.job import Job


class Deliverer(Protocol):
    """Brings the result of a job to its origin. Called at least once for a delivery: the same ``delivery.id`` may come again."""

    async def deliver(self, delivery: Delivery, job: Job) -> None:
        """Return once the result is safely there.

        Raises :class:`config.errors.RetryableError` to be called again later (without limit while the reason
        lasts), anything else to be called again a bounded number of times.
        """
