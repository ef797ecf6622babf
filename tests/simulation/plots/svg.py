"""A picture in SVG, written the same, byte for byte, each time it is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.small { font-size: 12px; fill: #57606a }
.paper { fill: #ffffff; stroke: #d0d7de }
.grid { stroke: #e3e7eb }
.axis { stroke: #57606a }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.small { fill: #9da7b3 }
.paper { fill: #0d1117; stroke: #30363d }
.grid { stroke: #272d35 }
.axis { stroke: #9da7b3 }
}
"""


class Drawing:
    """A sheet that brings its own paper: light, or dark where the reader has asked for that. Lengths in pixels."""

    def __init__(self, width: int, height: int, title: str, description: str) -> None:
        self._lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description)}</desc>",
            f"<style>{STYLE}</style>",
            f'<rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6"/>',
        ]

    def text(self, x: float, y: float, words: str, *, kind: str = "", anchor: str = "start", turn: int = 0) -> None:
        """Words, by their base line; ``turn`` in degrees."""
        turned = f' transform="rotate({turn} {length(x)} {length(y)})"' if turn else ""
        named = f" class={quoteattr(kind)}" if kind else ""
        self._lines.append(
            f'<text x="{length(x)}" y="{length(y)}" text-anchor="{anchor}"{named}{turned}>{escape(words)}</text>'
        )

    def rule(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A straight line of the frame."""
        ends = f'x1="{length(x1)}" y1="{length(y1)}" x2="{length(x2)}" y2="{length(y2)}"'
        self._lines.append(f'<line class="{kind}" {ends}/>')

    def curve(self, points: Iterable[tuple[float, float]], colour: str, dashes: str = "") -> None:
        """A line through points."""
        steps = " ".join(f"{length(x)},{length(y)}" for x, y in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._lines.append(
            f'<polyline points="{steps}" fill="none" stroke="{colour}" stroke-width="2.2"'
            f' stroke-linejoin="round"{dashed}/>'
        )

    def dot(self, x: float, y: float, colour: str) -> None:
        """A mark on a line."""
        self._lines.append(f'<circle cx="{length(x)}" cy="{length(y)}" r="4" fill="{colour}"/>')

    def written(self) -> str:
        """The file."""
        return "\n".join([*self._lines, "</svg>", ""])


def length(pixels: float) -> str:
    """One digit after the point, so that the last bits of a figure do not show."""
    return f"{pixels + 0.0:.1f}"
