"""Try again what came to nothing."""

from __future__ import annotations

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.buttons import wishes
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press


class Retry(JobButton, template=ids.template("retry")):
    """The very same, as a new job: it is counted anew, and whoever presses gets an answer of his own to wait for."""

    public = True

    async def act(self, press: Press) -> None:
        """Order it."""
        wish = wishes.again(await press.job(), new_seed=False, hidden=press.hidden)
        await press.desk.ordering.order(press.interaction, wish, "retry")
