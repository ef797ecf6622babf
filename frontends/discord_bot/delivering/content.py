"""One message of a job: its look, and its files at the rungs that they are on now."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import discord
from discord import ui

from daemon.service import Picture
from frontends.discord_bot.delivering.ladder import Ladder
from frontends.discord_bot.layouts import text
from frontends.discord_bot.layouts.done import Shown


@dataclass(frozen=True, slots=True)
class Piece:
    """A picture on its ladder."""

    picture: Picture
    ladder: Ladder

    @property
    def size(self) -> int:
        """Bytes as it is now."""
        return len(self.ladder.written.data)

    @property
    def reduced(self) -> bool:
        """Only a small one is left of it."""
        return self.ladder.written.rung.small


class Content:
    """What one message says. ``part`` 0 is the first one of a job; ``mark`` is in no other message of ours."""

    def __init__(
        self,
        part: int,
        mark: str,
        look: Callable[[Sequence[Shown]], ui.LayoutView],
        pieces: Sequence[Piece] = (),
        *,
        alt: str = "",
        spoiler: bool = False,
        reduced: str = "",
    ) -> None:
        self.part = part
        self.mark = mark
        self._look = look
        self._pieces = pieces
        self._alt = text.alt(alt) or "?"
        self._spoiler = spoiler
        self._reduced = reduced
        """What is said below a picture that could be shown as a small one only."""
        self.above: str = ""
        """A line over it all: whom it is for, or why it is here."""

    def fresh(self) -> tuple[ui.LayoutView, list[discord.File]]:
        """Look and files for one request; a file is read by it."""
        files, shown = [], []
        for piece in self._pieces:
            written = piece.ladder.written
            # Named by our own id, never by what somebody wrote.
            name = f"{piece.picture.id}.{written.ending}"
            file = discord.File(io.BytesIO(written.data), name, description=self._alt, spoiler=self._spoiler)
            files.append(file)
            shown.append(Shown(piece.picture.index, file.uri))
        return self._with_lines(self._look(shown)), files

    async def lower(self) -> bool:
        """The largest files each one rung down; False when all are as small as they get."""
        largest = max((piece.size for piece in self._pieces), default=0)
        moved = [await piece.ladder.lower() for piece in self._pieces if 2 * piece.size >= largest]
        if any(moved):
            return True
        return any([await piece.ladder.lower() for piece in self._pieces])

    def _with_lines(self, view: ui.LayoutView) -> ui.LayoutView:
        below = self._reduced if any(piece.reduced for piece in self._pieces) else ""
        if not self.above and not below:
            return view
        whole = ui.LayoutView(timeout=None)
        items = list(view.children)
        view.clear_items()
        if self.above:
            whole.add_item(ui.TextDisplay(self.above))
        for item in items:
            whole.add_item(item)
        if below:
            whole.add_item(ui.TextDisplay(below))
        return whole
