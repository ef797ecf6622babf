"""What the buttons have in common: found by their ids for ever, refused in words, and never twice for one press."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, ClassVar, Self

import discord
import structlog
from discord import ui

from config.errors import MezzotintError
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import telling
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.delivering.verdict import FAILURES, judge

log = structlog.get_logger(__name__)


class JobButton(ui.DynamicItem[ui.Item[Any]], template="mz:nothing"):
    """A button or a menu for a job. A verb says what it does in :meth:`act`, and is given the press."""

    public: ClassVar[bool] = False
    """What comes of it is seen by everybody who sees the message; otherwise by who pressed."""
    defers: ClassVar[bool] = True
    """The first answer is that one will follow; a verb that opens a form is answered with that."""
    new: ClassVar[bool] = True
    """What comes of it is a message of its own, and not another look of the one with the button."""

    def __init__(self, item: ui.Item[Any], found: ids.ButtonId) -> None:
        super().__init__(item)
        self.found = found

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """From a message of any age."""
        found = ids.parse(match[0])
        assert found is not None, "the template admits no other ids"
        return cls(item, found)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Answer, act, and tell who pressed what went wrong."""
        press = Press.of(interaction, self.found.job, self._index())
        hidden = press.hidden or not self.public
        if self.defers and not await telling.first(interaction, private=hidden, new=self.new):
            return
        try:
            await self.act(replace(press, asker=await press.desk.policy.recognised(press.asker)))
            return
        except MezzotintError as error:
            text = telling.said_of(error, press.words)
        except Exception as error:
            text = telling.noted(interaction, error, press.words)
        try:
            await telling.tell(interaction, press.words, text, public_wait=not hidden)
        except FAILURES as error:
            log.warning("error_untold", interaction=interaction.id, why=judge(error).said)

    async def act(self, press: Press) -> None:
        """What the verb does. Raises the errors of the service and :class:`Refused`."""
        raise NotImplementedError

    def _index(self) -> int | None:
        """Of the picture: from the id of a button, or from what was picked from a menu."""
        if not isinstance(self.item, ui.Select):
            return self.found.index
        picked = self.item.values[0] if self.item.values else ""
        return int(picked) if re.fullmatch(r"[0-9]{1,2}", picked, re.ASCII) else None
