"""``/mezzotint``: what moderators decide for their server, and the operator for every one.

In a server it is for who may manage it, and for the roles that were made moderators there (its own settings decide to
whom Discord shows the command). In direct messages it is for the owner of the application, and holds everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands

from frontends.discord_bot.commands.kinds import GUILD_INSTALL
from frontends.discord_bot.commands.moderating import (
    access,
    blocks,
    daemon,
    defaults,
    filtering,
    limits,
    models,
    moderators,
    nsfw,
    told,
)
from frontends.discord_bot.desk import Desk

PLACES = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
GROUPS = {
    "limits": limits.FORMS,
    "roles": access.forms("role"),
    "channels": access.forms("channel"),
    "members": access.forms("user"),
    "moderators": moderators.FORMS,
    "models": models.FORMS,
    "defaults": defaults.FORMS,
    "nsfw": nsfw.FORMS,
    "filter": filtering.FORMS,
}
FORMS = (*blocks.FORMS, *daemon.FORMS, *told.FORMS)


def build(desk: Desk) -> Sequence[app_commands.Group]:
    """The one command with all that belongs to it."""
    marked = desk.catalogue.marked
    whole = app_commands.Group(
        name=marked("mezzotint.name"),
        description=marked("mezzotint.describe"),
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=PLACES,
        allowed_installs=GUILD_INSTALL,
    )
    for name, forms in GROUPS.items():
        named, described = marked(f"mezzotint.{name}.name"), marked(f"mezzotint.{name}.describe")
        group = app_commands.Group(name=named, description=described, parent=whole)
        made = [form.command(desk, name) for form in forms]
        if name == "defaults":
            made.insert(0, defaults.setting(desk))
        for command in made:
            group.add_command(command)
    for form in FORMS:
        whole.add_command(form.command(desk))
    return [whole]
