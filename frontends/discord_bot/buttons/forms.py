"""Forms that are sent. They are found by their ids, as buttons are: after any number of restarts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import discord
import structlog

from config.errors import MezzotintError
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import telling
from frontends.discord_bot.buttons import edit_modal, pointed_modal
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.delivering.verdict import FAILURES, judge
from frontends.discord_bot.wish import Wish

FORMS: Mapping[str, Callable[[Press, Mapping[str, str]], Awaitable[Wish]]] = {
    "edit": edit_modal.wish,
    "pointed": pointed_modal.wish,
}
"""What each says, by its verb."""

log = structlog.get_logger(__name__)


async def submitted(interaction: discord.Interaction[Any]) -> bool:
    """Order what a form says; False when it is none of ours."""
    data: Any = interaction.data or {}
    found = ids.parse(str(data.get("custom_id", "")))
    if found is None or found.verb not in FORMS:
        return False
    press = Press.of(interaction, found.job, found.index)
    if not await telling.first(interaction, private=press.hidden):
        return True
    try:
        wish = await FORMS[found.verb](press, dict(_values(data.get("components", []))))
        await press.desk.ordering.order(interaction, wish, "edit")
        return True
    except MezzotintError as error:
        said = telling.said_of(error, press.words)
    except Exception as error:
        said = telling.noted(interaction, error, press.words)
    try:
        await telling.tell(interaction, press.words, said, public_wait=not press.hidden)
    except FAILURES as error:
        log.warning("error_untold", interaction=interaction.id, why=judge(error).said)
    return True


def _values(parts: Any) -> Iterator[tuple[str, str]]:
    """What was filled in, by the ids of the controls; of a menu what was picked."""
    for each in parts:
        inner = each.get("component", each)
        name = inner.get("custom_id")
        if isinstance(name, str):
            value = (inner.get("values") or [""])[0] if "values" in inner else inner.get("value")
            yield name, str(value or "")
