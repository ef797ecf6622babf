"""Holds the bot's connection, and tells apart why it ended: what trying again mends, and what it does not."""

from __future__ import annotations

import aiohttp
import discord

from frontends.contract import BadCredentials, Misconfigured, NotReachable

AUTHENTICATION_FAILED = 4004
"""Close codes of the gateway, as Discord's documentation of it numbers them."""
CALLER_IS_WRONG = {4010: "invalid shard", 4011: "sharding required", 4012: "invalid API version", 4013: "bad intents"}
NEW_TOKEN = "make a new token in Discord's developer portal, keep it where the old one is, and restart the bot"  # noqa: S105


async def held(bot: discord.Client, token: str) -> None:
    """Log in and stay. Raises :class:`BadCredentials`, :class:`Misconfigured` or :class:`NotReachable`."""
    try:
        async with bot:
            await bot.start(token)
    except discord.LoginFailure as error:
        raise BadCredentials("Discord refuses the bot's token", hint=NEW_TOKEN) from error
    except discord.PrivilegedIntentsRequired as error:
        raise Misconfigured("Discord does not admit what the bot wants to hear", hint="report this") from error
    except discord.ConnectionClosed as error:
        raise _closed(error) from error
    except discord.HTTPException as error:
        if error.status == 401:
            raise BadCredentials("Discord refuses the bot's token", hint=NEW_TOKEN) from error
        raise NotReachable(f"Discord answers {error.status}") from error
    except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise NotReachable(f"Discord can't be reached: {type(error).__name__}: {error}"[:300]) from error
    except AttributeError as error:
        if getattr(bot, "ws", None) is not None:
            raise
        # The library wants to resume a connection that it never had.
        raise NotReachable("Discord's gateway can't be reached") from error
    raise NotReachable("the connection was ended")


def _closed(error: discord.ConnectionClosed) -> BadCredentials | Misconfigured | NotReachable:
    if error.code == AUTHENTICATION_FAILED:
        return BadCredentials("Discord refuses the bot's token", hint=NEW_TOKEN)
    if error.code in CALLER_IS_WRONG:
        return Misconfigured(f"Discord's gateway refuses the bot: {CALLER_IS_WRONG[error.code]}", hint="report this")
    return NotReachable(f"Discord's gateway closed the connection ({error.code})")
