"""``/settings``: what somebody wants where a command says nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot import telling
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.layouts import text
from frontends.discord_bot.options import OPTIONS, Option, callback, named, offered, suggesting
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.words import Marked, Words
from pipeline import request

OF_ONE_COMMAND = ("prompt", "image", "seed")
"""Options that say nothing about the next command."""
KEPT = tuple(option.name for option in OPTIONS if option.name not in OF_ONE_COMMAND)
SOME_PICTURE = "0" * 64
"""In the place of a start picture: the strength is only for commands that have one."""
MOST_VALUE = 300
Command = app_commands.Command[Any, ..., Any]


def build(desk: Desk) -> Sequence[app_commands.Group]:
    """The group with its commands."""
    group = app_commands.Group(
        name=desk.catalogue.marked("settings.name"),
        description=desk.catalogue.marked("settings.describe"),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    for command in (_show(desk), _set(desk), _reset(desk)):
        group.add_command(command)
    return [group]


def _show(desk: Desk) -> Command:
    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        words = desk.words(interaction)
        await telling.tell(interaction, words, _listed(await desk.own.of(Asker.of(interaction).owner), words))

    return Command(
        name=desk.catalogue.marked("settings.show.name"),
        description=desk.catalogue.marked("settings.show.describe"),
        callback=callback((), act, desk.catalogue),
    )


def _set(desk: Desk) -> Command:
    options = offered(named(*KEPT), desk.board.models)

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        if not said:
            raise Refused("settings.nothing_said")
        asker, words = Asker.of(interaction), desk.words(interaction)
        kept = {**await desk.own.of(asker.owner), **said}
        await _check(desk, kept)
        await desk.own.keep(asker.owner, kept)
        await telling.tell(interaction, words, f"{words.say('settings.kept')}\n{_listed(kept, words)}")

    command = Command(
        name=desk.catalogue.marked("settings.set.name"),
        description=desk.catalogue.marked("settings.set.describe"),
        callback=callback(options, act, desk.catalogue),
    )
    suggesting(command, options, desk.board)
    return command


def _reset(desk: Desk) -> Command:
    option = Option(name="option", kind=str, words="settings.option.option")

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        asker, words = Asker.of(interaction), desk.words(interaction)
        kept = await desk.own.of(asker.owner)
        if "option" not in said:
            kept = {}
        elif said["option"] in kept:
            del kept[said["option"]]
        else:
            raise Refused("settings.not_set", name=said["option"])
        await desk.own.keep(asker.owner, kept)
        await telling.tell(interaction, words, f"{words.say('settings.was_reset')}\n{_listed(kept, words)}")

    async def suggest(interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        words = desk.words(interaction)
        own = await desk.own.of(Asker.of(interaction).owner)
        labels = {name: words.label(f"option.{name}.name") for name in KEPT if name in own}
        return [
            app_commands.Choice(name=label, value=name) for name, label in labels.items() if current.lower() in label
        ]

    command = Command(
        name=desk.catalogue.marked("settings.reset.name"),
        description=desk.catalogue.marked("settings.reset.describe"),
        callback=callback((option,), act, desk.catalogue),
    )
    command.autocomplete("option")(suggest)
    return command


async def _check(desk: Desk, kept: Mapping[str, Any]) -> None:
    """Like a request that says just this: what it would refuse is not kept."""
    fields = desk.ordering.fields(kept)
    if "model" in fields:
        await desk.service.model(fields["model"])
    model = desk.board.chosen(fields.get("model"))
    if "denoising_strength" in fields:
        fields["image"] = SOME_PICTURE
    request.settle(request.parse({"prompt": "a", **fields}), model.name, model.defaults)


def _listed(kept: Mapping[str, Any], words: Words) -> str:
    lines = [
        words.say(
            "settings.row",
            name=words.label(f"option.{name}.name"),
            value=words.say("settings.yes" if kept[name] else "settings.no")
            if isinstance(kept[name], bool)
            else Marked(text.plain(str(kept[name]), MOST_VALUE)),
        )
        for name in KEPT
        if name in kept
    ]
    return "\n".join(lines) or words.say("settings.none")
