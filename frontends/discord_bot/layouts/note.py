"""A few words, for who asked."""

from __future__ import annotations

from typing import Any

from discord import ui

MOST_CHARACTERS = 3_900


def note(text: str) -> ui.LayoutView:
    """The text as it is: what came from people in it must have been defused."""
    view = ui.LayoutView(timeout=None)
    shown: ui.TextDisplay[Any] = ui.TextDisplay(text[:MOST_CHARACTERS])
    view.add_item(shown)
    return view
