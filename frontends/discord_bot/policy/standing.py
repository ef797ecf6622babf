"""Which of the rules of a place are for somebody, and which of them decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.service import PolicyRow
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.policy.names import BY_NAME

EVERYWHERE = ""
"""The guild of what holds everywhere."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was decided under a name, and whether it holds everywhere or only in this guild."""

    value: Any
    everywhere: bool


class Standing:
    """Rules by rank: who is named himself, his roles, the channel, the guild, and then what holds everywhere."""

    def __init__(self, rows: Sequence[PolicyRow], asker: Asker) -> None:
        guild = asker.guild
        ranks: list[tuple[str, tuple[str, ...]]] = [(EVERYWHERE, (f"user:{asker.user}",)), (EVERYWHERE, ("guild",))]
        if guild is not None:
            roles = tuple(f"role:{role}" for role in asker.roles)
            own = [(f"user:{asker.user}",), roles, (f"channel:{asker.channel}",), ("guild",)]
            ranks = [*((guild, scopes) for scopes in own), *ranks]
        by_scope: dict[tuple[str, str], dict[str, Any]] = {}
        for row in rows:
            # What a newer version has set means nothing here.
            if row.name in BY_NAME:
                by_scope.setdefault((row.guild, row.scope), {})[row.name] = row.value
        self._ranks = [
            (where == EVERYWHERE, [by_scope[where, scope] for scope in scopes if (where, scope) in by_scope])
            for where, scopes in ranks
        ]

    def said(self, *names: str) -> Said | None:
        """What the most specific rank says that says anything; of several ``names`` the first counts there."""
        for everywhere, rules in self._ranks:
            for name in names:
                values = [rule[name] for rule in rules if name in rule]
                if values:
                    return Said(BY_NAME[name].together(values), everywhere)
        return None

    def value(self, name: str, otherwise: Any = None) -> Any:
        """Only what it says."""
        found = self.said(name)
        return otherwise if found is None else found.value

    def every(self, name: str) -> Iterator[Any]:
        """What all ranks say, the most specific first."""
        for _, rules in self._ranks:
            yield from (rule[name] for rule in rules if name in rule)
