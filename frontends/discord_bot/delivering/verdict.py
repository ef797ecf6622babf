"""What it means that a request failed: go another way, send less, or come again later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import aiohttp
import discord

TOO_LARGE = 40005
OLD_MESSAGES = 30046
"""Too many edits of messages older than an hour."""
PROXY_WAIT_SECONDS = 300.0
"""After a 429 that says no time: the proxy before the API sent it, and does not like to be asked soon."""

_TOKEN = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/?\s]+")
HIDDEN = r"\1…"
"""The library that is asked by tells the whole address, and with it the token of an interaction."""

FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError)
"""All that a request may raise."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``elsewhere``: this way is closed for good. ``smaller``: the files are too large. ``later``: it may pass."""

    meaning: Literal["elsewhere", "smaller", "later"]
    said: str
    code: int = 0
    seconds: float | None = None
    """How long we are asked to wait."""


def judge(error: Exception, *, by_token: bool = False) -> Verdict:
    """One of :data:`FAILURES`. ``by_token``: the token of an interaction was used, not the bot's own."""
    if isinstance(error, discord.RateLimited):
        return Verdict("later", "Discord limits how often it is asked", seconds=error.retry_after)
    if isinstance(error, TimeoutError):
        return Verdict("later", "Discord does not answer in time")
    if not isinstance(error, discord.HTTPException):
        return Verdict("later", f"{type(error).__name__}: {_TOKEN.sub(HIDDEN, str(error))}"[:200])
    said = f"Discord answered {error.status} ({error.code}): {error.text}"[:200]
    if error.status == 413 or error.code == TOO_LARGE:
        return Verdict("smaller", said, error.code)
    if error.code == OLD_MESSAGES:
        return Verdict("elsewhere", said, error.code)
    if error.status == 429:
        return Verdict("later", said, error.code, _asked(error))
    if error.status >= 500 or error.status == 408 or (error.status == 401 and not by_token):
        return Verdict("later", said, error.code)
    return Verdict("elsewhere", said, error.code)


def _asked(error: discord.HTTPException) -> float:
    told = error.response.headers.get("Retry-After", "")
    return min(float(told), 3600.0) if told.isdecimal() else PROXY_WAIT_SECONDS
