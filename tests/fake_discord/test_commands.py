"""Commands that the service registers, and those that it does not."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands
from support.discord_studio import Api, Studio
from support.probe_bot import Probe


def command(name: str = "draw", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "Draw", **more}


def option(name: str = "prompt", kind: int = 3, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "description": "What", **more}


def choices(count: int) -> list[dict[str, str]]:
    return [{"name": str(each), "value": str(each)} for each in range(count)]


GOOD = {
    "plain": command(),
    "in another script": command("चित्र"),
    "25 options": command(options=[option(f"o{n}") for n in range(25)]),
    "25 choices": command(options=[option(choices=choices(25))]),
    "8,000 characters": command("x" * 32, description="d" * 100, options=[option("o" * 32, choices=[])]),
    "a group": command(options=[option("group", 2, options=[option("sub", 1, options=[option()])])]),
    "a menu": {"name": "Show Parameters", "type": 3},
    "translated": command(name_localizations={"de": "malen"}, description_localizations={"de": "Malt"}),
    "everywhere": command(contexts=[0, 1, 2], integration_types=[0, 1]),
}
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "capitals": (command("Draw"), "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
    "a space": (command("draw it"), "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
    "33 characters": (command("x" * 33), "0.name", "BASE_TYPE_BAD_LENGTH"),
    "no description": (command(description=""), "0.description", "BASE_TYPE_REQUIRED"),
    "a description of 101": (command(description="x" * 101), "0.description", "BASE_TYPE_BAD_LENGTH"),
    "26 options": (command(options=[option(f"o{n}") for n in range(26)]), "0.options", "BASE_TYPE_MAX_LENGTH"),
    "26 choices": (command(options=[option(choices=choices(26))]), "0.options.0.choices", "BASE_TYPE_MAX_LENGTH"),
    "the same option twice": (
        command(options=[option(), option()]),
        "0.options.1.name",
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
    ),
    "needed after optional": (
        command(options=[option(), option("b", required=True)]),
        "0.options.1",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    "choices and suggestions": (
        command(options=[option(choices=choices(1), autocomplete=True)]),
        "0.options.0.autocomplete",
        "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID",
    ),
    "a choice of another type": (
        command(options=[option(kind=4, choices=choices(1))]),
        "0.options.0.choices.0.value",
        "BASE_TYPE_INVALID",
    ),
    "8,001 characters": (
        command(
            options=[
                option(f"o{n}", choices=[{"name": f"{m}{'x' * 90}", "value": f"{m}"} for m in range(25)])
                for n in range(4)
            ]
        ),
        "0",
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
    "a menu with a description": (
        {"name": "Show", "type": 3, "description": "x"},
        "0.description",
        "APPLICATION_COMMAND_CONTEXT_MENU_INVALID_FIELD",
    ),
    "an unknown language": (
        command(name_localizations={"xx": "malen"}),
        "0.name_localizations.xx",
        "BASE_TYPE_CHOICES",
    ),
    "a translation in capitals": (
        command(name_localizations={"de": "Malen"}),
        "0.name_localizations.de",
        "APPLICATION_COMMAND_INVALID_NAME",
    ),
    "an unknown context": (command(contexts=[3]), "0.contexts", "BASE_TYPE_CHOICES"),
    "three levels": (
        command(options=[option("g", 2, options=[option("g", 2, options=[])])]),
        "0.options.0.options.0.type",
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    "options beside a sub-command": (
        command(options=[option("sub", 1), option()]),
        "0.options",
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    "bounds of a text": (command(options=[option(max_length=6001)]), "0.options.0.max_length", "NUMBER_TYPE_MAX"),
}


@pytest.mark.parametrize("case", GOOD)
async def test_a_command_within_the_rules_is_registered(studio: Studio, api: Api, case: str) -> None:
    told = await api.ask("PUT", f"/applications/{studio.fake.application_id}/commands", [GOOD[case]])

    assert told.status == 200, told.body
    assert told.body[0]["name"] == GOOD[case]["name"]


@pytest.mark.parametrize("case", BAD)
async def test_a_command_that_breaks_a_rule_is_refused(studio: Studio, api: Api, case: str) -> None:
    wanted, place, code = BAD[case]

    told = await api.ask("PUT", f"/applications/{studio.fake.application_id}/commands", [wanted])

    assert (told.status, told.code) == (400, 50035)
    assert told.mistakes().get(place) == code, told.body
    assert studio.fake.commands.listed() == []


async def test_two_of_one_name_are_refused_but_not_of_two_kinds(studio: Studio, api: Api) -> None:
    path = f"/applications/{studio.fake.application_id}/commands"

    told = await api.ask("PUT", path, [command(), command()])
    assert told.mistakes()["1.name"] == "APPLICATION_COMMANDS_DUPLICATE_NAME"
    assert (await api.ask("PUT", path, [command(), {"name": "draw", "type": 3}])).status == 200
    many = [{"name": f"menu {n}", "type": 3} for n in range(16)]
    assert (await api.ask("PUT", path, many)).code == 30032


async def test_a_command_keeps_its_id_and_costs_nothing_twice(studio: Studio, api: Api) -> None:
    path = f"/applications/{studio.fake.application_id}/commands"
    first = (await api.ask("PUT", path, [command(), command("show")])).body
    second = (await api.ask("PUT", path, [command(), command("show", description="Shows")])).body

    assert [each["id"] for each in first] == [each["id"] for each in second]
    assert first[0]["version"] == second[0]["version"]
    assert first[1]["version"] != second[1]["version"]
    assert studio.fake.commands.created_today() == 2


async def test_200_commands_a_day_are_made_anew(studio: Studio, api: Api) -> None:
    path = f"/applications/{studio.fake.application_id}/commands"
    for round_ in range(2):
        assert (await api.ask("PUT", path, [command(f"c{round_}-{n}") for n in range(100)])).status == 200

    told = await api.ask("PUT", path, [command("one-more")])
    assert (told.status, told.code) == (400, 30034)
    studio.fake.clock.advance(86_401)
    assert (await api.ask("PUT", path, [command("one-more")])).status == 200


async def test_the_commands_of_a_guild_are_its_own(studio: Studio, api: Api) -> None:
    fake = studio.fake
    path = f"/applications/{fake.application_id}/guilds/{studio.guild.id}/commands"
    made = await api.ask("POST", path, command("here"))

    assert made.status == 201
    assert (await api.ask("POST", path, command("here"))).status == 200
    assert (await api.ask("GET", path)).body == fake.commands.listed(studio.guild.id)
    asked = await fake.slash(studio.ada, studio.channel, "here")
    assert asked.data["guild_id"] == str(studio.guild.id)
    assert (await api.ask("DELETE", f"{path}/{made.body['id']}")).status == 204
    assert (await api.ask("GET", f"{path}/{made.body['id']}")).code == 10063
    fake.remove_bot(studio.guild)
    assert (await api.ask("GET", path)).code == 50001


async def test_the_client_is_told_what_is_wrong_with_its_commands(studio: Studio) -> None:
    bot = Probe(studio.fake.api_base)

    async def broken(interaction: discord.Interaction[Any], model: str) -> None:
        """Never called."""

    made = app_commands.Command(name="broken", description="x" * 100, callback=broken)
    made.description = "x" * 101
    bot.tree.add_command(made)
    with pytest.raises(app_commands.CommandSyncFailure, match="100"):
        await bot.login(studio.fake.token)
    await bot.close()

    with pytest.raises(AssertionError, match="50035"):
        studio.fake.assert_no_surprises()
    studio.fake.assert_no_surprises(50035)
