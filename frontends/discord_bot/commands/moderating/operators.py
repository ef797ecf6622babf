"""Who runs the bot: the owner of the application, or the members of the team that owns it."""

from __future__ import annotations

from typing import Any

import discord


def is_one(interaction: discord.Interaction[Any]) -> bool:
    """Whether who asks is one of them. Nobody is while Discord has not told who they are."""
    client: discord.Client = interaction.client
    application = client.application
    if application is None:
        return False
    if application.team is None:
        return interaction.user.id == application.owner.id
    accepted = discord.TeamMembershipState.accepted
    return any(
        each.id == interaction.user.id and each.membership_state == accepted for each in application.team.members
    )
