"""The form in which a picture of somebody else's is changed. Which one is remembered for who opened it."""

from __future__ import annotations

from collections.abc import Mapping

import discord
from discord import TextStyle, ui

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import lately, pointing, telling
from frontends.discord_bot.buttons import edit_modal
from frontends.discord_bot.buttons.lines import read
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.options import OPTIONS, Option, offered
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.wish import Wish

MORE_CHARACTERS = 4_000


async def opened(press: Press, attachment: discord.Attachment) -> None:
    """Open the form for who points at a picture."""
    most = press.desk.settings.limits.max_image_bytes
    if attachment.size > most:
        raise Refused("errors.image_too_large", most=most // 2**20)
    keeping = lately.keep(press.desk, press.asker.owner, lately.PICTURES, attachment.url)
    made = await telling.soon(press.interaction, keeping)
    modal = form(press, made)
    modal.stop()  # the library must not keep it: see :mod:`frontends.discord_bot.buttons.forms`
    await press.interaction.response.send_modal(modal)


def form(press: Press, made: str) -> ui.Modal:
    """The words, and a line for anything else."""
    words, board = press.words, press.desk.board
    modal = ui.Modal(title=words.label("modal.title"), custom_id=ids.build("pointed", made), timeout=None)
    prompt = next(option for option in _rows(press) if option.name == "prompt")
    modal.add_item(edit_modal.written(press, prompt, "", required=True))
    more: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id="more",
        style=TextStyle.paragraph,
        default=f"strength: {board.chosen().defaults.denoising_strength:g}",
        required=False,
        max_length=MORE_CHARACTERS,
    )
    modal.add_item(
        ui.Label(text=words.label("modal.more"), description=words.label("modal.more_describe"), component=more)
    )
    return modal


async def wish(press: Press, values: Mapping[str, str]) -> Wish:
    """What it says when it is sent, by the ids of its controls."""
    url = await lately.find(press.desk, press.asker.owner, lately.PICTURES, press.job_id)
    if url is None:
        raise Refused("errors.picture_gone")
    said = {**read(values.get("more", ""), _rows(press), press.words), "prompt": values.get("prompt", "")}
    return Wish(said=said, image=await pointing.fetched(press.interaction.client, str(url)))


def _rows(press: Press) -> list[Option]:
    models = press.desk.board.models
    return [option for option in offered(OPTIONS, models) if option.name not in edit_modal.ELSEWHERE]
