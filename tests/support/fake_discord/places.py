"""Guilds, and every kind of channel: text, thread, direct message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from support.fake_discord import permissions
from support.fake_discord.people import Member, Role, User

TEXT, DIRECT, PUBLIC_THREAD, GROUP = 0, 1, 11, 3
UPLOAD_LIMITS = {0: 10 << 20, 1: 10 << 20, 2: 50 << 20, 3: 100 << 20}
"""Bytes for one file, by the tier of boosts."""


@dataclass(eq=False)
class Guild:
    """A server: its members, roles and channels."""

    id: int
    name: str
    owner: User
    locale: str = "en-US"
    tier: int = 0
    members: dict[int, Member] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    available: bool = True

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    @property
    def upload_limit(self) -> int:
        return UPLOAD_LIMITS[self.tier]

    def allow(self, user: User, channel: Channel | None = None) -> int:
        """The permissions of a user here or in one channel; none for who is not a member."""
        member = self.members.get(user.id)
        if user is self.owner:
            return permissions.EVERYTHING
        if member is None:
            return 0
        held = self.everyone.permissions
        for role in member.roles:
            held |= role.permissions
        if held & permissions.BITS["administrator"]:
            return permissions.EVERYTHING
        parent = channel if channel is None or channel.parent is None else channel.parent
        if parent is not None:
            held = parent.overwritten(held, self, member)
        return held

    def payload(self, bot: User) -> dict[str, Any]:
        """The guild as the gateway tells it: the bot's own membership is there, other members are not."""
        text = [each for each in self.channels.values() if each.kind == TEXT]
        threads = [each for each in self.channels.values() if each.kind == PUBLIC_THREAD and not each.archived]
        own = self.members.get(bot.id)
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "owner_id": str(self.owner.id),
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "roles": [role.payload() for role in self.roles.values()],
            "emojis": [],
            "stickers": [],
            "features": [],
            "mfa_level": 0,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "vanity_url_code": None,
            "description": None,
            "banner": None,
            "premium_tier": self.tier,
            "premium_subscription_count": 0,
            "preferred_locale": self.locale,
            "public_updates_channel_id": None,
            "nsfw_level": 0,
            "premium_progress_bar_enabled": False,
            "safety_alerts_channel_id": None,
            "joined_at": own.joined_at if own else None,
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "voice_states": [],
            "members": [own.payload()] if own else [],
            "channels": [each.payload() for each in text],
            "threads": [each.payload() for each in threads],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


@dataclass(eq=False)
class Channel:
    """Where messages are: a text channel, a thread, a direct message or a group."""

    id: int
    name: str
    kind: int = TEXT
    guild: Guild | None = None
    parent: Channel | None = None
    nsfw: bool = False
    recipients: list[User] = field(default_factory=list)
    creator: User | None = None
    archived: bool = False
    locked: bool = False
    started_at: str = ""
    denied: dict[int, int] = field(default_factory=dict)
    """By id of a role or member: permission bits that are taken away here."""
    allowed: dict[int, int] = field(default_factory=dict)
    last_message_id: int | None = None
    topic: str | None = None
    message_count: int = 0

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    @property
    def is_thread(self) -> bool:
        return self.kind == PUBLIC_THREAD

    @property
    def age_restricted(self) -> bool:
        return self.nsfw or (self.parent is not None and self.parent.nsfw)

    def deny(self, whom: User | Role, *names: str) -> None:
        """Take permissions away in this channel."""
        self.denied[whom.id] = self.denied.get(whom.id, 0) | permissions.bits(*names)

    def grant(self, whom: User | Role, *names: str) -> None:
        """Give permissions in this channel, also those taken away here before."""
        self.allowed[whom.id] = self.allowed.get(whom.id, 0) | permissions.bits(*names)
        self.denied[whom.id] = self.denied.get(whom.id, 0) & ~permissions.bits(*names)

    def overwritten(self, held: int, guild: Guild, member: Member) -> int:
        """First what everybody may here, then the roles, then the member."""
        held = held & ~self.denied.get(guild.id, 0) | self.allowed.get(guild.id, 0)
        denied = allowed = 0
        for role in member.roles:
            denied |= self.denied.get(role.id, 0)
            allowed |= self.allowed.get(role.id, 0)
        held = held & ~denied | allowed
        return held & ~self.denied.get(member.user.id, 0) | self.allowed.get(member.user.id, 0)

    def may(self, user: User, *names: str) -> bool:
        """Whether a user has all of these here. In direct messages everybody who is in them has."""
        if self.guild is None:
            return user in self.recipients
        return permissions.has(self.guild.allow(user, self), *names)

    def payload(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": str(self.id),
            "type": self.kind,
            "last_message_id": str(self.last_message_id) if self.last_message_id else None,
            "flags": 0,
        }
        if self.guild is None:
            return {**told, "recipients": [each.payload() for each in self.recipients if not each.bot]}
        told |= {"guild_id": str(self.guild.id), "name": self.name, "rate_limit_per_user": 0}
        if self.parent is not None:
            return told | self._as_thread(self.parent)
        overwrites = [
            {
                "id": str(each),
                "type": 0 if each in self.guild.roles else 1,
                "allow": str(self.allowed.get(each, 0)),
                "deny": str(self.denied.get(each, 0)),
            }
            for each in self.denied | self.allowed
        ]
        return told | {
            "position": 0,
            "parent_id": None,
            "topic": self.topic,
            "nsfw": self.nsfw,
            "permission_overwrites": overwrites,
        }

    def _as_thread(self, parent: Channel) -> dict[str, Any]:
        assert self.creator is not None
        return {
            "parent_id": str(parent.id),
            "owner_id": str(self.creator.id),
            "message_count": self.message_count,
            "total_message_sent": self.message_count,
            "member_count": 1,
            "thread_metadata": {
                "archived": self.archived,
                "auto_archive_duration": 1440,
                "archive_timestamp": self.started_at,
                "locked": self.locked,
                "create_timestamp": self.started_at,
            },
        }
