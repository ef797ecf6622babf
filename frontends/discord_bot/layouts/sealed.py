"""Layouts as the bot sends them."""

from __future__ import annotations

from typing import Any

from discord import ui

View = ui.LayoutView


def sealed(*items: ui.Item[Any]) -> View:
    """
    A layout that the library forgets once it is sent.

    Its buttons are found by their ids, after any number of restarts; the library would otherwise keep every
    layout of every message in memory for as long as it runs.
    """
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    return view
