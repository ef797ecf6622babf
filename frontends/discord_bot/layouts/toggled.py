"""A message as it is, with its pictures hidden or shown."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import discord
from discord import ui

from frontends.discord_bot.layouts.sealed import View


def toggled(message: discord.Message, on: bool) -> View:
    """The layout of a message of ours, with every picture behind a spoiler, or none."""
    view = ui.LayoutView.from_message(message, timeout=None)
    for item in view.walk_children():
        if isinstance(item, ui.MediaGallery):
            item.items = [_with(each, on) for each in item.items]
    view.stop()
    return view


def has_spoiler(message: discord.Message) -> bool:
    """Whether any picture of a message is hidden."""
    view = ui.LayoutView.from_message(message, timeout=None)
    galleries = (item for item in view.walk_children() if isinstance(item, ui.MediaGallery))
    return any(each.spoiler for gallery in galleries for each in gallery.items)


def _with(item: discord.MediaGalleryItem, on: bool) -> discord.MediaGalleryItem:
    # The address that Discord gave the file runs out; its name does not.
    name: Any = unquote(urlsplit(item.media.url).path.rpartition("/")[2])
    return discord.MediaGalleryItem(f"attachment://{name}", description=item.description, spoiler=on)
