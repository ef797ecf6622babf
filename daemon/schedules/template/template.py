"""The request of a schedule before it is filled in, and what becomes of it at one due time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.errors import UserError
from daemon.schedules.template import seeds, syntax, words
from daemon.schedules.template.seeds import SeedRule
from daemon.schedules.template.wildcards import NAME, Wildcards
from daemon.schedules.template.words import Occasion

FILLED = ("prompt", "negative_prompt")
"""Fields that may hold places."""
MAX_LISTS = 50
MAX_LINES = 1_000
EVOLVING_STRENGTH = 0.6
"""How much of the last picture an evolving series draws anew, unless it says so itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Fields of a request by name, as they were given."""

    request: Mapping[str, Any]
    seed_rule: SeedRule = "random"
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    evolve: bool = False
    """Each picture starts from the one before."""

    def as_json(self) -> dict[str, Any]:
        """As it is stored; :func:`of_json` reads it."""
        return {
            "request": dict(self.request),
            "seed_rule": self.seed_rule,
            "lists": {name: list(lines) for name, lines in self.lists.items()},
            "evolve": self.evolve,
        }

    def fields(self, occasion: Occasion, directory: Path) -> dict[str, Any]:
        """The request of one occasion; :class:`UserError` when a place or a list is not there."""
        wildcards = Wildcards(directory, self.lists)
        made = dict(self.request)
        for name in FILLED:
            if isinstance(text := made.get(name), str):
                made[name] = words.filled(syntax.parse(text, name), occasion, wildcards, name)
        seed = made.get("seed")
        made["seed"] = seeds.seed_for(
            self.seed_rule, seed, occasion.schedule, occasion.due, occasion.number, occasion.shown
        )
        return made

    def check(self) -> None:
        """What needs no due time to be judged: the number and the names of the lists; raises :class:`UserError`."""
        if len(self.lists) > MAX_LISTS:
            raise UserError(f"lists: at most {MAX_LISTS} may be given", field="lists")
        for name, lines in self.lists.items():
            if not NAME.fullmatch(name):
                raise UserError(f"lists: {name[:40]!r} is no name of a list", field="lists", hint="letters and digits")
            if not 1 <= len(lines) <= MAX_LINES:
                raise UserError(f"lists: {name} must have 1 to {MAX_LINES} entries", field="lists")


def of_json(value: Mapping[str, Any]) -> Template:
    """What :meth:`Template.as_json` gave."""
    return Template(
        request=value["request"], seed_rule=value["seed_rule"], lists=value["lists"], evolve=value["evolve"]
    )
