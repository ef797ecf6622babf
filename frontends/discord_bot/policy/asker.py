"""Who asks, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import discord


def _everything(channel: str) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Ids are text. Without a ``guild`` it is a direct message."""

    user: str
    guild: str | None
    channel: str
    """Of a thread: the channel that it belongs to."""
    place: str
    """Where it was said: the channel, or the thread."""
    roles: tuple[str, ...] = ()
    moderator: bool = False
    age_restricted: bool = False
    bot_is_there: bool = True
    """False where somebody brought the bot along for himself."""
    sees: Callable[[str], bool] = field(default=_everything, compare=False, repr=False)
    """Whether a channel or thread of the guild, by its id, is open to him. Of one that is not known it is not."""

    @property
    def owner(self) -> str:
        """Whose jobs they are."""
        return f"discord:{self.user}"

    @classmethod
    def of(cls, interaction: discord.Interaction[Any]) -> Asker:
        """Who made an interaction."""
        member = interaction.user
        return cls(
            user=str(member.id),
            guild=None if interaction.guild_id is None else str(interaction.guild_id),
            channel=parent_of(interaction.channel, interaction.channel_id),
            place=str(interaction.channel_id),
            roles=_roles(member),
            moderator=interaction.guild_id is not None and interaction.permissions.manage_guild,
            age_restricted=is_age_restricted(interaction.channel),
            bot_is_there=interaction.guild_id is None or interaction.is_guild_integration(),
            sees=_sight(interaction.guild, member),
        )

    @classmethod
    def of_message(cls, message: discord.Message) -> Asker:
        """Who wrote a message that the bot hears."""
        member = message.author
        permissions = getattr(member, "guild_permissions", None)
        return cls(
            user=str(member.id),
            guild=None if message.guild is None else str(message.guild.id),
            channel=parent_of(message.channel, message.channel.id),
            place=str(message.channel.id),
            roles=_roles(member),
            moderator=permissions is not None and permissions.manage_guild,
            age_restricted=is_age_restricted(message.channel),
            sees=_sight(message.guild, member),
        )


def _sight(guild: discord.Guild | None, member: discord.User | discord.Member) -> Callable[[str], bool]:
    def sees(channel: str) -> bool:
        found = None if guild is None or not channel.isdecimal() else guild.get_channel_or_thread(int(channel))
        if found is None or not isinstance(member, discord.Member):
            return False
        if isinstance(found, discord.Thread):
            if found.parent is None:
                return False
            held = found.parent.permissions_for(member)
            return held.view_channel and (held.manage_threads or not found.is_private())
        return found.permissions_for(member).view_channel

    return sees


def parent_of(channel: Any, known: int | None) -> str:
    """Of a thread the channel that it belongs to, of a channel itself."""
    return str(getattr(channel, "parent_id", None) or known)


def _roles(member: discord.User | discord.Member) -> tuple[str, ...]:
    """Without the one that everybody has."""
    if not isinstance(member, discord.Member):
        return ()
    return tuple(str(role.id) for role in member.roles if not role.is_default())


def is_age_restricted(channel: Any) -> bool:
    """As far as it is known."""
    is_nsfw = getattr(channel, "is_nsfw", None)
    return bool(is_nsfw()) if callable(is_nsfw) else False
