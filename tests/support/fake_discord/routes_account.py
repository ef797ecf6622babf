"""Who the application is, where its gateway is, which commands it has."""

from __future__ import annotations

from typing import Any

from support.fake_discord import refusals
from support.fake_discord.faults import Answer
from support.fake_discord.server import Call, Route


def routes() -> list[Route]:
    guild = "/applications/{application}/guilds/{guild}/commands"
    everywhere = "/applications/{application}/commands"
    found = [
        Route("GET", "/gateway", _gateway, open=True),
        Route("GET", "/gateway/bot", _gateway_for_bots),
        Route("GET", "/users/@me", lambda call: Answer(200, call.fake.bot.payload())),
        Route("GET", "/users/{user}", _user),
        Route("GET", "/applications/@me", _application),
        Route("GET", "/oauth2/applications/@me", _application),
        Route("POST", "/users/@me/channels", _direct),
    ]
    for path in (everywhere, guild):
        found += [
            Route("GET", path, _listed),
            Route("PUT", path, _overwrite),
            Route("POST", path, _create),
            Route("GET", f"{path}/{{command}}", _one),
            Route("DELETE", f"{path}/{{command}}", _delete),
        ]
    return found


def _gateway(call: Call) -> Answer:
    return Answer(200, {"url": call.fake.gateway_url})


def _gateway_for_bots(call: Call) -> Answer:
    left = max(0, 1000 - call.fake.gateway.identifies)
    start = {"total": 1000, "remaining": left, "reset_after": 86_400_000, "max_concurrency": 1}
    return Answer(200, {"url": call.fake.gateway_url, "shards": call.fake.shards, "session_start_limit": start})


def _user(call: Call) -> Answer:
    user = call.fake.world.users.get(call.number("user"))
    if user is None:
        raise refusals.unknown("user")
    return Answer(200, user.payload())


def _application(call: Call) -> Answer:
    fake = call.fake
    told: dict[str, Any] = {
        "id": str(fake.application_id),
        "name": fake.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": fake.owner.payload(),
        "team": None,
        "flags": 0,
        "interactions_endpoint_url": None,
        "redirect_uris": [],
        "integration_types_config": {"0": {}, "1": {}},
        "approximate_guild_count": len(fake.world.guilds),
        "bot": fake.bot.payload(),
    }
    return Answer(200, told)


def _direct(call: Call) -> Answer:
    other = call.fake.world.users.get(int(call.fields.get("recipient_id") or 0))
    if other is None or other.bot:
        raise refusals.Refusal(400, 50033, "Invalid Recipient(s)")
    return Answer(200, call.fake.world.direct(call.fake.bot, other).payload())


def _book(call: Call) -> int | None:
    if call.number("application") != call.fake.application_id:
        raise refusals.unknown("application")
    if "guild" not in call.parts:
        return None
    guild = call.fake.world.guilds.get(call.number("guild"))
    if guild is None:
        raise refusals.unknown("guild")
    if call.fake.bot.id not in guild.members:
        raise refusals.missing_access()
    return guild.id


def _listed(call: Call) -> Answer:
    return Answer(200, call.fake.commands.listed(_book(call)))


def _overwrite(call: Call) -> Answer:
    return Answer(200, call.fake.commands.overwrite(_book(call), call.fields))


def _create(call: Call) -> Answer:
    made, fresh = call.fake.commands.create(_book(call), call.fields)
    return Answer(201 if fresh else 200, made)


def _one(call: Call) -> Answer:
    return Answer(200, call.fake.commands.get(_book(call), call.number("command")))


def _delete(call: Call) -> Answer:
    call.fake.commands.delete(_book(call), call.number("command"))
    return Answer(204)
