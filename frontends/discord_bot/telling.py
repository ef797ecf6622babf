"""Answers that only who asked may see: what went wrong, and why."""

from __future__ import annotations

from typing import Any

import discord
import structlog

from config.errors import MezzotintError, QuotaError
from frontends.discord_bot.delivering.verdict import FAILURES, judge
from frontends.discord_bot.layouts.note import note
from frontends.discord_bot.layouts.parts import moment
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.words import Words

ACKNOWLEDGED = 40060
"""Discord: this interaction was answered before."""
UNKNOWN_INTERACTION = 10062

log = structlog.get_logger(__name__)


async def first(interaction: discord.Interaction[Any], *, private: bool = True, new: bool = True) -> bool:
    """Answer at once that something will follow; False when there is nobody any more to answer.

    ``new``: a message of its own will follow; otherwise the one with the button is what will change.
    """
    if interaction.response.is_done():
        return True
    try:
        await interaction.response.defer(ephemeral=private, thinking=new)
    except discord.HTTPException as error:
        if error.code not in (ACKNOWLEDGED, UNKNOWN_INTERACTION):
            raise
        log.warning("interaction_lost", interaction=interaction.id, code=error.code)
        return False
    return True


async def tell(interaction: discord.Interaction[Any], words: Words, text: str, *, public_wait: bool = False) -> None:
    """Say something to who asked, and to nobody else.

    ``public_wait``: everybody sees that an answer is awaited; that is taken back.
    """
    view = note(text)
    if not interaction.response.is_done():
        await interaction.response.send_message(view=view, ephemeral=True)
        return
    if public_wait:
        await interaction.delete_original_response()
        await interaction.followup.send(view=view, ephemeral=True)
    else:
        await interaction.edit_original_response(view=view)


def said_of(error: MezzotintError, words: Words) -> str:
    """An error in words for who asked."""
    if isinstance(error, Refused):
        return words.say(error.key, **error.values)
    if isinstance(error, QuotaError) and error.free_at is not None:
        return words.say("policy.used_up", when=moment(error.free_at))
    if isinstance(error, QuotaError) and error.what == "queued":
        return words.say("policy.queue_full")
    text = words.say("errors.refused", why=error.message)
    return f"{text}\n{words.say('errors.hint', hint=error.hint)}" if error.hint else text


def noted(interaction: discord.Interaction[Any], error: BaseException, words: Words) -> str:
    """A defect of ours, or a failure of the line: into the log with the number under which it is told."""
    if isinstance(error, FAILURES) and not isinstance(error, discord.HTTPException):
        log.warning("interaction_failed", interaction=interaction.id, why=judge(error).said)
    else:
        log.error("interaction_broke", interaction=interaction.id, exc_info=error)
    return words.say("errors.defect", number=str(interaction.id))
