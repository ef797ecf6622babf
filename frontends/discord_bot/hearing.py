"""What the gateway tells, as far as the library can read it.

The library lets one event that it can't read end the connection, and with it everybody's buttons for a while. Here such
an event is logged and left out. Of an interaction it must only be known where it was made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
import structlog
from discord.enums import ChannelType

VITAL = ("READY", "RESUMED")
"""Without them there is no connection: the mistake ends it, and it is made anew."""
NOT_TOLD = {"name": "", "position": 0}
"""Of a channel, and taken for granted by the library."""

Parse = Callable[[Any], None]

log = structlog.get_logger(__name__)


def leave_out_what_is_unreadable(client: discord.Client) -> None:
    """For a client that has not connected yet."""
    parsers: dict[str, Parse] = client._connection.parsers
    for event, parse in parsers.items():
        if event not in VITAL:
            parsers[event] = _tolerant(event, parse)


def _tolerant(event: str, parse: Parse) -> Parse:
    def parsed(data: Any) -> None:
        try:
            parse(_placed(data) if event == "INTERACTION_CREATE" else data)
        except Exception:  # boundary: whatever the library does not expect
            log.exception("discord_event_unread", kind=event)

    return parsed


def _placed(interaction: Any) -> Any:
    """With what the library wants to know of its channel, where that is left out."""
    if "channel_id" not in interaction:
        return interaction
    kind = ChannelType.text if "guild_id" in interaction else ChannelType.private
    channel = {"id": interaction["channel_id"], "type": kind.value, **interaction.get("channel", {})}
    return {**interaction, "channel": {**NOT_TOLD, **channel}}
