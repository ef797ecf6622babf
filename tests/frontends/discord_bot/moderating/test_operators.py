"""Who runs the bot."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from frontends.discord_bot.commands.moderating import operators

ACCEPTED, INVITED = discord.TeamMembershipState.accepted, discord.TeamMembershipState.invited


def asked(user: int, application: Any) -> Any:
    return SimpleNamespace(user=SimpleNamespace(id=user), client=SimpleNamespace(application=application))


def owned(owner: int, **team: discord.TeamMembershipState) -> Any:
    members = [SimpleNamespace(id=int(name[1:]), membership_state=state) for name, state in team.items()]
    return SimpleNamespace(owner=SimpleNamespace(id=owner), team=SimpleNamespace(members=members) if team else None)


@pytest.mark.parametrize(
    ("application", "is_one"),
    [
        (None, False),
        (owned(3), True),
        (owned(4), False),
        (owned(9, u3=ACCEPTED), True),
        (owned(9, u3=INVITED), False),
        (owned(3, u4=ACCEPTED), False),
    ],
)
def test_the_owner_or_who_belongs_to_the_team(application: Any, is_one: bool) -> None:
    assert operators.is_one(asked(3, application)) is is_one
