"""The policy as commands and buttons ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from daemon.service import PolicyRow, Service
from frontends.discord_bot.policy import names
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.policy.decide import decide
from frontends.discord_bot.policy.grant import Grant
from frontends.discord_bot.policy.kept import KeptRules
from frontends.discord_bot.policy.standing import EVERYWHERE
from frontends.discord_bot.refusal import Refused

MOST_GROUPS = 16
"""Of one job."""


class Policy:
    """Reads the rules of a place and decides. Raises :class:`frontends.discord_bot.refusal.Refused`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._rules = KeptRules(service)
        self._changing = asyncio.Lock()

    async def admit(self, asker: Asker, verb: str) -> Grant:
        """Whether somebody may use a command or a button there, and what holds then."""
        rows = await self._rows(asker)
        grant = decide(rows, asker, verb)
        if isinstance(grant, Refused):
            raise grant
        return replace(grant, groups=self._groups(asker, rows))

    async def check(self, asker: Asker, fields: Mapping[str, Any]) -> None:
        """Whether a request, complete with what it leaves open, may be drawn for somebody there.

        Whether the command may be used is decided by :meth:`admit`.
        """
        grant = decide(await self._rows(asker), asker, None, fields)
        if isinstance(grant, Refused):
            raise grant

    async def is_moderator(self, asker: Asker) -> bool:
        """Whether somebody may manage the guild, or holds a role that was made one of moderators and is not blocked."""
        if asker.guild is None or asker.moderator:
            return asker.moderator
        held = {f"role:{role}" for role in asker.roles}
        rows = await self._rules.of(asker.guild)
        if any(row.name == "block" and row.scope == f"user:{asker.user}" for row in rows):
            return False  # he would lift it himself
        return any(row.name == "moderator" and row.value and row.scope in held for row in rows)

    async def recognised(self, asker: Asker) -> Asker:
        """The same, as a moderator if a role makes him one."""
        return replace(asker, moderator=await self.is_moderator(asker))

    async def rules(self, guild: str) -> Sequence[PolicyRow]:
        """All that is set for a guild (for none: everywhere), as it is now."""
        return await self._service.policies.rows(guild)

    async def set(self, guild: str, scope: str, name: str, value: Any, by: str) -> None:
        """Set a rule; who did it is noted with it. Raises :class:`Refused` for what can't be set."""
        await self.change(guild, scope, name, lambda _: value, by)

    async def change(self, guild: str, scope: str, name: str, make: Callable[[Any], Any], by: str) -> Any:
        """Set a rule to what is made of what it says so far (None: nothing). None made takes it away."""
        async with self._changing:
            rows = await self._service.policies.rows(guild)
            said = next((row.value for row in rows if (row.scope, row.name) == (scope, name)), None)
            value = make(said)
            try:
                if value is None:
                    await self._service.policies.unset(guild, scope, name, by)
                else:
                    await self._service.policies.set(guild, scope, name, names.checked(name, scope, value), by)
            finally:
                self._rules.forget(guild)
        return value

    async def unset(self, guild: str, scope: str, name: str, by: str) -> bool:
        """Take a rule away, with a note of it; False when there was none."""
        async with self._changing:
            try:
                return bool(await self._service.policies.unset(guild, scope, name, by))
            finally:
                self._rules.forget(guild)

    async def _rows(self, asker: Asker) -> Sequence[PolicyRow]:
        everywhere = await self._rules.of(EVERYWHERE)
        return everywhere if asker.guild is None else [*await self._rules.of(asker.guild), *everywhere]

    def _groups(self, asker: Asker, rows: Sequence[PolicyRow]) -> tuple[str, ...]:
        groups = [f"channel:{asker.channel}"]
        if asker.guild is not None:
            groups = [f"guild:{asker.guild}", f"member:{asker.guild}.{asker.user}", *groups]
        held = [f"role:{role}" for role in asker.roles]
        of_operator = self._service.roles_named()
        of_guild = {row.scope for row in rows}
        # The operator's come first: by them it is decided what somebody may use and whose turn it is.
        counted = [role for role in held if role in of_operator]
        counted += [role for role in held if role in of_guild and role not in of_operator]
        return tuple([*groups, *counted][:MOST_GROUPS])
