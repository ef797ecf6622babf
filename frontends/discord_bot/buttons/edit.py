"""Change a job and draw it again."""

from __future__ import annotations

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.buttons import edit_modal
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press


class Edit(JobButton, template=ids.template("edit")):
    """Opens the form, which is the answer."""

    public = True
    defers = False

    async def act(self, press: Press) -> None:
        """Open it, filled in as the job was."""
        await edit_modal.opened(press)
