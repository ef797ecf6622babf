"""How results reach where a job came from."""

from __future__ import annotations

from typing import Protocol

from config.errors import RetryableError, UserError
from storage.deliveries import Delivery
from storage.queue.job import Job


class UndeliverableError(UserError):
    """Nothing that may come to pass brings this there."""


class LaterError(RetryableError):
    """Whoever was to take it asks for some time."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Deliverer(Protocol):
    """Brings the result of a job to its origin, at least once: the same ``delivery.id`` may come again."""

    async def deliver(self, delivery: Delivery, job: Job) -> None:
        """Return once the result is safely there.

        Raises :class:`config.errors.RetryableError` for a reason that may pass, to be called again for days
        (``delivery.give_up_hours``), :class:`LaterError` with the least wait till then, and
        :class:`UndeliverableError` to be called no more; anything else is tried ``delivery.max_attempts`` times.
        """
