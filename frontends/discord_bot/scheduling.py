"""What a schedule draws is judged anew each time: the rules of the place may have changed since it was set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord

from config.errors import UserError
from daemon.service import Origin, Submission
from frontends.discord_bot.policy.asker import Asker, is_age_restricted, parent_of
from frontends.discord_bot.refusal import Refused

if TYPE_CHECKING:
    from frontends.discord_bot.desk import Desk

VERB = "schedule"
MOST_GROUPS = 16
"""Of one job."""
ENGLISH = "en"


async def judged(client: discord.Client, desk: Desk, submission: Submission) -> Submission:
    """As it may be drawn there now, with what it counts against. Raises :class:`UserError` when it may not be."""
    assert submission.origin is not None, "it is judged because of it"
    address = submission.origin.address
    try:
        asker = whose(client, address)
        grant = await desk.policy.admit(asker, VERB)
        fields = dict(submission.fields)
        fields |= grant.fitted(fields, desk.ordering.completed(fields))
        await desk.policy.check(asker, desk.ordering.completed(fields))
    except Refused as refused:
        # It is told by the daemon, which knows no words of ours.
        raise UserError(desk.catalogue.words(ENGLISH).say(refused.key, **refused.values)) from None
    spoiler = grant.spoiler or bool(address.get("spoiler"))
    return replace(
        submission,
        fields=fields,
        limits=grant.limits,
        groups=tuple(dict.fromkeys([*submission.groups, *grant.groups]))[:MOST_GROUPS],
        origin=Origin(submission.origin.source, {**address, "spoiler": spoiler}),
    )


def whose(client: discord.Client, address: Mapping[str, Any]) -> Asker:
    """Who set a schedule, as one who asks where it draws. :class:`Refused` where the bot is no member any more."""
    guild, channel = address.get("guild"), str(address["channel"])
    server = None if guild is None else client.get_guild(int(guild))
    if guild is not None and server is None:
        raise Refused("schedule.no_member")
    place = None if server is None else server.get_channel_or_thread(int(channel))
    return Asker(
        user=str(address["user"]),
        guild=guild,
        channel=parent_of(place, int(channel)),
        place=channel,
        roles=tuple(address.get("roles", ())),
        age_restricted=is_age_restricted(place),
    )
