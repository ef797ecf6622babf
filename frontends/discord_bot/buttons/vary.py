"""What the verbs that vary a picture have in common."""

from __future__ import annotations

from config.errors import NotFoundError
from frontends.discord_bot.buttons import wishes
from frontends.discord_bot.buttons.press import Press, picture_of
from frontends.discord_bot.refusal import Refused


async def vary(press: Press, strength: float, verb: str) -> None:
    """Order others like the picture that was meant."""
    job = await press.job()
    picture = picture_of(job, press.index)
    try:
        png = await press.desk.service.picture_bytes(picture.id)
    except NotFoundError:
        raise Refused("errors.picture_gone") from None
    wish = wishes.varied(job, picture, png, strength, hidden=press.hidden)
    await press.desk.ordering.order(press.interaction, wish, verb)
