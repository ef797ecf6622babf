"""Users, roles, and what a user is in a guild."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class User:
    """Somebody with an account, person or bot."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    direct_messages_open: bool = True
    """Whether the application's bot may write to them."""
    application_installed: bool = False
    """Whether they have installed the application for themselves, so that it follows them everywhere."""
    age_restricted_commands: bool = False
    """Whether they have allowed age-restricted commands in direct messages."""
    upload_limit: int = 10 << 20

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def payload(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": None if self.bot else self.name.title(),
            "discriminator": "0000" if self.bot else "0",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }


@dataclass(eq=False)
class Role:
    """A role of one guild. The one that has the guild's id is everybody's."""

    id: int
    name: str
    permissions: int = 0
    mentionable: bool = False
    position: int = 1

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"

    def payload(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "name": self.name,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": self.position,
            "permissions": str(self.permissions),
            "managed": False,
            "mentionable": self.mentionable,
            "flags": 0,
        }


@dataclass(eq=False)
class Member:
    """A user in a guild."""

    user: User
    joined_at: str
    roles: list[Role] = field(default_factory=list)
    nick: str | None = None

    def payload(self, *, with_user: bool = True, permissions: int | None = None) -> dict[str, Any]:
        told: dict[str, Any] = {
            "nick": self.nick,
            "avatar": None,
            "roles": [str(role.id) for role in self.roles],
            "joined_at": self.joined_at,
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "communication_disabled_until": None,
            "flags": 0,
        }
        if with_user:
            told["user"] = self.user.payload()
        if permissions is not None:
            told["permissions"] = str(permissions)
        return told
