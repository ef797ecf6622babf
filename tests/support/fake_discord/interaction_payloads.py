"""An interaction as the gateway tells it, and what messages say of it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.fake_discord import permissions
from support.fake_discord.interactions import COMPONENT, MODAL, Interaction
from support.fake_discord.people import User

ABROAD = permissions.bits("attach_files", "embed_links", "mention_everyone")
"""What the application may where its bot is not a member."""


def payload(interaction: Interaction, application_id: int, bot: User, stamp: Callable[[float], str]) -> dict[str, Any]:
    """All that the client needs to know of it."""
    channel, user = interaction.channel, interaction.user
    guild = channel.guild
    told: dict[str, Any] = {
        "id": str(interaction.id),
        "application_id": str(application_id),
        "type": interaction.kind,
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": channel.payload(),
        "locale": user.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": interaction.owners,
        "context": interaction.context,
        "attachment_size_limit": interaction.upload_limit(),
    }
    if guild is None:
        told |= {"user": user.payload(), "app_permissions": str(ABROAD)}
    else:
        held = guild.allow(user, channel)
        own = guild.allow(bot, channel) if bot.id in guild.members else ABROAD
        told["channel"]["permissions"] = str(held)
        told |= {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": guild.members[user.id].payload(permissions=held),
            "app_permissions": str(own),
        }
    if interaction.source is not None:
        told["message"] = interaction.source.payload(stamp)
    return told


def metadata(interaction: Interaction) -> dict[str, Any]:
    """What a message that answers it says of it."""
    told: dict[str, Any] = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "user": interaction.user.payload(),
        "authorizing_integration_owners": interaction.owners,
    }
    if interaction.kind == COMPONENT and interaction.source is not None:
        told["interacted_message_id"] = str(interaction.source.id)
    if interaction.kind == MODAL:
        told["triggering_interaction_metadata"] = {**told, "type": 2}
        if interaction.source is not None:
            told["triggering_interaction_metadata"] |= {
                "type": COMPONENT,
                "interacted_message_id": str(interaction.source.id),
            }
    return told
