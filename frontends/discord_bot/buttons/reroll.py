"""Draw the same again, with another seed."""

from __future__ import annotations

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.buttons import wishes
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press


class Reroll(JobButton, template=ids.template("reroll")):
    """The same words, other pictures."""

    public = True

    async def act(self, press: Press) -> None:
        """Order them."""
        wish = wishes.again(await press.job(), new_seed=True, hidden=press.hidden)
        await press.desk.ordering.order(press.interaction, wish, "reroll")
