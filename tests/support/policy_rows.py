"""Rules and askers for tests of decisions."""

from __future__ import annotations

from typing import Any

from daemon.service import PolicyRow
from frontends.discord_bot.policy.asker import Asker

GUILD = "1"
FIELDS = {"prompt": "a fox", "model": "starter", "width": 256, "height": 256, "steps": 18, "count": 1}


def rule(scope: str, name: str, value: Any, guild: str = GUILD) -> PolicyRow:
    return PolicyRow(guild, scope, name, value, "9", 0)


def asker(**more: Any) -> Asker:
    """Ada with two roles in a channel of the guild."""
    return Asker(**{"user": "3", "guild": GUILD, "channel": "2", "place": "2", "roles": ("4", "5"), **more})
