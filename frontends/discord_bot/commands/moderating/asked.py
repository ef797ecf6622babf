"""A moderator's command while it is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import discord

from frontends.discord_bot.desk import Desk
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.policy.standing import EVERYWHERE
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked for what: all that a command is given."""

    desk: Desk
    interaction: discord.Interaction[Any]
    asker: Asker
    words: Words
    said: Mapping[str, Any]
    """By the names of options; what was left out is not in it."""

    @property
    def guild(self) -> str:
        """Where it is to hold: in direct messages everywhere."""
        return self.asker.guild or EVERYWHERE

    def scope(self) -> str:
        """Whom it is for: who was named, or everyone. Raises :class:`Refused` for more than one."""
        named = [name for name in ("role", "user", "channel") if name in self.said]
        if len(named) > 1:
            raise Refused("mezzotint.one_of_them")
        if not named:
            return "guild"
        one = self.said[named[0]]
        if self.guild == EVERYWHERE and named[0] != "user":
            raise Refused("mezzotint.only_in_server")
        # The role that everybody has is everyone.
        return "guild" if str(one.id) == self.guild else f"{named[0]}:{one.id}"

    async def set(self, scope: str, name: str, value: Any) -> None:
        """Set a rule in the name of who asked."""
        await self.desk.policy.set(self.guild, scope, name, value, self.asker.user)

    async def unset(self, scope: str, name: str) -> bool:
        """Take a rule away; False when there was none."""
        return await self.desk.policy.unset(self.guild, scope, name, self.asker.user)

    async def record(self, action: str, **detail: Any) -> None:
        """Note what was done that is no rule."""
        await self.desk.service.policies.record(self.guild, self.asker.user, action, detail)
