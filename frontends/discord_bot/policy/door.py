"""The policy as commands and buttons ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.service import Service
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.policy.grant import Grant


class Policy:
    """Reads the rows of a place and decides. Raises :class:`frontends.discord_bot.refusal.Refused`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def admit(self, asker: Asker, verb: str) -> Grant:
        """Whether somebody may use a command or a button there, and what holds then."""
        groups = [] if asker.guild is None else [f"guild:{asker.guild}", f"member:{asker.guild}.{asker.user}"]
        return Grant(groups=(*groups, f"channel:{asker.channel}"))

    async def check(self, asker: Asker, fields: Mapping[str, Any]) -> None:
        """Whether a request, complete with what it leaves open, may be drawn for somebody there."""
