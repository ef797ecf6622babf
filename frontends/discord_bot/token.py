"""Where the bot's token comes from: a file that the operator names, or the credentials directory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from config import credentials
from config.errors import ConfigurationError
from config.settings import DiscordSettings
from frontends.contract import Misconfigured

CREDENTIAL = "discord-token"


async def read(settings: DiscordSettings, environ: Mapping[str, str]) -> str:
    """The token. Raises :class:`Misconfigured` when there is none, or others may read it."""
    try:
        token = await asyncio.to_thread(_read, settings, environ)
    except ConfigurationError as error:
        raise Misconfigured(error.message, hint=error.hint) from None
    if token is None:
        raise Misconfigured(
            "there is no token for the Discord bot",
            hint=f"put it into the credential {CREDENTIAL}, or name a file: discord.token_file",
        )
    token = token.removeprefix("Bot ")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Misconfigured("what is kept as the token of the Discord bot is none", hint="keep the token alone in it")
    return token


def _read(settings: DiscordSettings, environ: Mapping[str, str]) -> str | None:
    path = settings.token_file
    if path is None:
        return credentials.read(CREDENTIAL, environ)
    try:
        return credentials.read_file(path.expanduser())
    except FileNotFoundError:
        raise Misconfigured(
            f"discord.token_file: there is no file {path}", field="discord.token_file", hint="put the token into it"
        ) from None
