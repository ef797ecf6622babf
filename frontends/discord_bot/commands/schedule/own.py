"""Somebody's own schedules. Those of all people are kept together, so a name is told from others' by whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands

from config.errors import NotFoundError
from daemon.service import ScheduleReport, Service
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.words import Marked, Words

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)
NONE = "none"
"""In the target of a schedule: no guild, no roles."""
MOST_CHOICES = 25


def kept_as(user: int, name: str) -> str:
    """The name under which somebody's schedule is kept. :class:`Refused` for what is no name."""
    if not NAME.fullmatch(name):
        raise Refused("schedule.name_pattern")
    return f"d{user}.{name.lower()}"


def called(report: ScheduleReport) -> str:
    """What its owner calls it."""
    return report.schedule.definition.name.partition(".")[2]


async def all_of(service: Service, user: int) -> list[ScheduleReport]:
    """The schedules of somebody, by name."""
    return [each for each in await service.schedules.list() if each.schedule.definition.owner == f"discord:{user}"]


async def one(service: Service, user: int, name: str) -> ScheduleReport:
    """One of them; :class:`Refused` when there is none of that name."""
    try:
        report = await service.schedules.show(kept_as(user, name))
    except NotFoundError:
        raise Refused("schedule.unknown") from None
    if report.schedule.definition.owner != f"discord:{user}":
        raise Refused("schedule.unknown")
    return report


def place(report: ScheduleReport) -> Mapping[str, Any]:
    """Where it draws and for whom, as its jobs name it."""
    target = dict(report.schedule.definition.target)
    guild, roles = target["guild"], target["roles"]
    return {**target, "guild": None if guild == NONE else guild, "roles": [] if roles == NONE else roles.split(",")}


def suggestions(service: Service) -> Any:
    """Names of who types, as a function of the library."""

    async def suggest(interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        names = [called(each) for each in await all_of(service, interaction.user.id)]
        return [app_commands.Choice(name=each, value=each) for each in names if current.lower() in each][:MOST_CHOICES]

    return suggest


def next_time(report: ScheduleReport, words: Words) -> Marked | str:
    """When it draws next, in the reader's own time."""
    following = report.schedule.next
    return words.say("schedule.never") if following is None else moment(following.due_at)


def moment(at: int) -> Marked:
    """A time that each reader sees by his own clocks."""
    when = datetime.fromtimestamp(at / 1000, UTC)
    return Marked(f"{discord.utils.format_dt(when, 'f')} ({discord.utils.format_dt(when, 'R')})")
