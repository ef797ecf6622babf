"""Which seed a due time is drawn with."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal, get_args

from config.errors import UserError

SeedRule = Literal["random", "fixed", "increment", "date"]
"""``fixed``: the seed that is given. ``increment``: that seed, then one more each time. ``date``: 20261124 on that day.
``random``: another one each time, which the schedule and the due time decide."""
MODULUS = 2**32


def checked(rule: str | None, seed: int | None) -> SeedRule:
    """The rule, or the one that a given seed means; :class:`UserError`."""
    if rule is None:
        return "random" if seed is None else "fixed"
    for known in get_args(SeedRule):
        if rule == known:
            if rule == "fixed" and seed is None:
                raise UserError("seed_rule: fixed needs a seed", field="seed_rule", hint="give one as seed")
            return known  # type: ignore[no-any-return]
    raise UserError(f"seed_rule: must be one of {', '.join(get_args(SeedRule))}", field="seed_rule")


def seed_for(rule: SeedRule, seed: int | None, schedule: str, due: int, number: int, shown: datetime) -> int:
    """The seed of run ``number`` (from 1), due at a moment that clocks show as ``shown``."""
    if rule == "fixed":
        return seed or 0
    if rule == "increment":
        return ((seed or 0) + number - 1) % MODULUS
    if rule == "date":
        return ((seed or 0) + int(f"{shown:%Y%m%d}")) % MODULUS
    drawn = hashlib.sha256(f"seed {schedule} {due}".encode()).digest()
    return int.from_bytes(drawn[:4], "big")
