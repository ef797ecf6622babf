"""Lines over two axes, with a legend below them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulation.plots.svg import Drawing

WIDTH, FRAME_HEIGHT = 800, 300
LEFT, RIGHT, TOP, BOTTOM = 76, 28, 70, 56
ROW = 21
"""Height of a row of the legend."""


@dataclass(frozen=True)
class Axis:
    """From the first of its ticks to the last one; each has a value and what is written at it."""

    label: str
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies: 0 at the beginning, 1 at the end, and there too if it is outside."""
        low, high = self._scaled(self.ticks[0][0]), self._scaled(self.ticks[-1][0])
        smallest = self.ticks[0][0]
        return min(1.0, max(0.0, (self._scaled(max(value, smallest)) - low) / (high - low)))

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.log else value


@dataclass(frozen=True)
class Line:
    """What is drawn; without a label it is not in the legend."""

    label: str
    points: tuple[tuple[float, float], ...]
    colour: str
    dashes: str = ""
    marks: tuple[str, ...] = ()
    """What is written at each point, if they are marked."""
    below: bool = False
    """They are written below the points and to the left, where the axis leaves room."""


@dataclass(frozen=True)
class Chart:
    """All of it."""

    title: str
    subtitle: str
    across: Axis
    up: Axis
    lines: tuple[Line, ...]

    def drawn(self) -> str:
        """The SVG file."""
        named = [line for line in self.lines if line.label]
        height = TOP + FRAME_HEIGHT + BOTTOM + ROW * len(named) + 8
        drawing = Drawing(WIDTH, height, self.title, self.subtitle)
        drawing.text(LEFT, 28, self.title, kind="title")
        drawing.text(LEFT, 49, self.subtitle, kind="small")
        self._frame(drawing)
        for line in self.lines:
            self._line(drawing, line)
        for row, line in enumerate(named):
            y = TOP + FRAME_HEIGHT + BOTTOM + ROW * row + 6
            drawing.curve([(LEFT, y), (LEFT + 30, y)], line.colour, line.dashes)
            drawing.text(LEFT + 40, y + 4, line.label)
        return drawing.written()

    def _x(self, value: float) -> float:
        return LEFT + self.across.place(value) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        return TOP + (1 - self.up.place(value)) * FRAME_HEIGHT

    def _frame(self, drawing: Drawing) -> None:
        left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, TOP + FRAME_HEIGHT
        for value, words in self.across.ticks:
            drawing.rule(self._x(value), top, self._x(value), bottom, "grid")
            drawing.text(self._x(value), bottom + 18, words, kind="small", anchor="middle")
        for value, words in self.up.ticks:
            drawing.rule(left, self._y(value), right, self._y(value), "grid")
            drawing.text(left - 8, self._y(value) + 4, words, kind="small", anchor="end")
        drawing.rule(left, bottom, right, bottom, "axis")
        drawing.rule(left, top, left, bottom, "axis")
        drawing.text((left + right) / 2, bottom + 38, self.across.label, anchor="middle")
        drawing.text(20, (top + bottom) / 2, self.up.label, anchor="middle", turn=-90)

    def _line(self, drawing: Drawing, line: Line) -> None:
        places = [(self._x(x), self._y(y)) for x, y in line.points]
        drawing.curve(places, line.colour, line.dashes)
        for (x, y), words in zip(places, line.marks, strict=False):
            drawing.dot(x, y, line.colour)
            below = line.below and x > LEFT
            side, anchor = (-8, "end") if below or x > WIDTH - RIGHT - 40 else (8, "start")
            drawing.text(x + side, y + (18 if below else -8), words, kind="small", anchor=anchor)
