"""Answers that only who asked may see: what went wrong, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

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
FIRST_SECONDS = 3.0
"""After that Discord takes no first answer."""
MOMENT_SECONDS = 0.5
"""For what decides who sees the first answer."""
SOON_SECONDS = 2.0
"""For all that comes before a first answer that can't be put off."""
SEEN_BY_ALL, SOON = "seen_by_all", "soon"
"""Noted with an interaction: whether everybody sees that an answer is awaited, and until when there is time."""

Found = TypeVar("Found")

log = structlog.get_logger(__name__)


async def first(interaction: discord.Interaction[Any], *, private: bool = True, new: bool = True) -> bool:
    """Answer at once that something will follow; False when there is nobody any more to answer.

    ``new``: a message of its own will follow; otherwise the one with the button is what will change.
    """
    if interaction.response.is_done():
        return True
    try:
        async with asyncio.timeout(FIRST_SECONDS):
            await interaction.response.defer(ephemeral=private, thinking=new)
    except TimeoutError:
        log.warning("interaction_lost", interaction=interaction.id, code=0)
        return False
    except discord.HTTPException as error:
        if error.code not in (ACKNOWLEDGED, UNKNOWN_INTERACTION):
            raise
        log.warning("interaction_lost", interaction=interaction.id, code=error.code)
        return False
    interaction.extras[SEEN_BY_ALL] = new and not private
    return True


async def first_knowing(
    interaction: discord.Interaction[Any], look: Coroutine[Any, Any, Found], is_private: Callable[[Found], bool]
) -> tuple[Found, bool] | None:
    """The same where it hangs on what is looked up who sees the answer; what was found, and whether one person does.

    The look is waited for but a moment: after that, and when it fails, only who asked sees the answer. None when there
    is nobody to answer. Raises what the look raises, after the answer.
    """
    looking = asyncio.create_task(look)
    try:
        await asyncio.wait({looking}, timeout=MOMENT_SECONDS)
        known = looking.done() and looking.exception() is None
        hidden = not known or is_private(looking.result())
        if not await first(interaction, private=hidden):
            return None
        return await looking, hidden
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def soon(interaction: discord.Interaction[Any], look: Awaitable[Found]) -> Found:
    """What is needed for an answer that nothing can go before, such as a form; :class:`Refused` when it is too late.

    All such looks of one interaction together have their time.
    """
    now = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(interaction.extras.setdefault(SOON, now + SOON_SECONDS)):
            return await look
    except TimeoutError:
        raise Refused("errors.too_late") from None


async def tell(interaction: discord.Interaction[Any], words: Words, text: str) -> None:
    """Say something to who asked, and to nobody else.

    Where everybody sees that an answer is awaited, that is taken back.
    """
    view = note(text)
    if not interaction.response.is_done():
        await interaction.response.send_message(view=view, ephemeral=True)
        return
    if interaction.extras.pop(SEEN_BY_ALL, False):
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
