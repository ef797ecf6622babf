"""A process that dies at a failpoint, played within one: what it had in memory is gone, what it wrote is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from frontends.discord_bot.delivering import chain, deliverer, requests

POINTS = (
    "discord.before_post",
    "discord.after_post",
    "discord.after_record",
    "discord.before_told",
    "discord.after_told",
)


class Death(BaseException):
    """Nothing catches this."""


@contextmanager
def dying(patch: pytest.MonkeyPatch, point: str, passage: int = 1) -> Iterator[list[str]]:
    """Die at the so-many-th passage of a failpoint; the list has all that were passed."""
    passed: list[str] = []

    def reach(name: str) -> None:
        passed.append(name)
        if name == point and passed.count(name) == passage:
            raise Death(name)

    with patch.context() as within:
        for module in (chain, deliverer, requests):
            within.setattr(module, "reach", reach)
        yield passed
