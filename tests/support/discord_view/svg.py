"""A message or a form as a drawing. Text is broken by the widths of an ordinary typeface, as near as needed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from support.discord_view import html, markup

WIDTH, MARGIN, INSIDE = 580, 14, 14
GROUND, PANEL, DARK, BRIGHT, TEXT, DIM, LINK = "#313338", "#2b2d31", "#1e1f22", "#fff", "#dbdee1", "#949ba4", "#00a8fc"
STYLES = {1: "#5865f2", 2: "#4e5058", 3: "#248046", 4: "#da373c", 5: "#4e5058"}
FONT = "'gg sans','Noto Sans',Helvetica,Arial,sans-serif"
SIZES = {"plain": 14.0, "heading": 17.0, "small": 11.5, "block": 12.0}
MONO = 0.602
NARROW, WIDE = set("iljtfrI.,:;'|!()[]· "), set("mwMW@%")


def message(components: list[dict[str, Any]], pictures: Mapping[str, str], now_s: int) -> str:
    """``pictures`` are data URIs by the names of files."""
    sheet = _Sheet(pictures, now_s)
    sheet.text(MARGIN, "mezzotint", 14, BRIGHT, weight=600, advance=0)
    sheet.badge(MARGIN + width("mezzotint", 14) + 8)
    sheet.y += 24
    for each in components:
        sheet.part(each, MARGIN)
    return sheet.finished()


def form(modal: Mapping[str, Any]) -> str:
    """A modal."""
    sheet = _Sheet({}, 0)
    sheet.text(MARGIN, modal["title"], 18, BRIGHT, weight=600, advance=30)
    for each in modal["components"]:
        sheet.field(each)
    return sheet.finished()


def width(text: str, size: float, *, mono: bool = False) -> float:
    """In pixels, about."""
    return sum(_em(character, mono) for character in text) * size


def _em(character: str, mono: bool) -> float:
    if unicodedata.category(character) in ("Mn", "Cf"):
        return 0.0
    if ord(character) > 0x2600:
        return 1.3
    if mono:
        return MONO
    if character in NARROW:
        return 0.3
    if character in WIDE:
        return 0.86
    return 0.66 if character.isupper() else 0.56


class _Sheet:
    """Is written from the top down; ``y`` is where the next thing goes."""

    def __init__(self, pictures: Mapping[str, str], now_s: int) -> None:
        self._pictures = pictures
        self._now_s = now_s
        self._out: list[str] = []
        self.y = float(MARGIN)

    def finished(self) -> str:
        height = round(self.y + MARGIN)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
        )
        ground = f'<rect width="{WIDTH}" height="{height}" rx="10" fill="{GROUND}"/>'
        return "\n".join([f'{head} font-family="{FONT}">', ground, *self._out, "</svg>\n"])

    def text(self, x: float, said: str, size: float, fill: str, *, weight: int = 400, advance: float) -> None:
        """One line at ``y``; ``advance`` is how far the next one is."""
        self._write(x, self.y + size, said, size, fill, weight)
        self.y += advance

    def badge(self, x: float) -> None:
        self._rect(x, self.y + 2, 28, 15, STYLES[1], 3)
        self._write(x + 4, self.y + 13, "APP", 10, BRIGHT, 600)

    def part(self, each: Mapping[str, Any], x: float) -> None:
        kind = each["type"]
        if kind == 17:
            self._container(each)
        elif kind == 10:
            self._lines(markup.lines(each["content"], self._now_s), x)
        elif kind == 12:
            self._gallery(each["items"], x)
        elif kind == 1:
            self._row(each["components"], x)
        elif kind == 13:
            self._input(each["file"]["url"].rpartition("/")[2], x)
        else:
            raise ValueError(f"nothing is known of parts of type {kind}")

    def field(self, each: Mapping[str, Any]) -> None:
        self.text(MARGIN, each["label"], 14, BRIGHT, weight=600, advance=19)
        if each.get("description"):
            self.text(MARGIN, each["description"], 11.5, DIM, advance=17)
        self._input(html.value(each["component"]), MARGIN)
        self.y += 6

    # --- parts

    def _container(self, each: Mapping[str, Any]) -> None:
        top, place = self.y, len(self._out)
        self.y += INSIDE - 4
        for child in each["components"]:
            self.part(child, MARGIN + INSIDE + 4)
        self.y += INSIDE - 8
        tall, colour = self.y - top, f"#{each.get('accent_color') or 0:06x}"
        behind, self._out = self._out[place:], self._out[:place]
        self._rect(MARGIN, top, WIDTH - 2 * MARGIN, tall, colour, 8)
        self._rect(MARGIN + 4, top, WIDTH - 2 * MARGIN - 4, tall, PANEL, 6)
        self._out += behind

    def _lines(self, lines: list[markup.Line], x: float) -> None:
        for index, line in enumerate(lines):
            size = SIZES[line.kind]
            inset = 8 if line.kind == "block" else 0
            room = WIDTH - MARGIN - INSIDE - x - 2 * inset
            for runs in _broken(line.runs, size, room):
                if line.kind == "block":
                    self._rect(x, self.y, room + 16, 18.5, DARK, 3)
                self._runs(runs, line.kind, x + inset)
            ends = index + 1 == len(lines) or lines[index + 1].kind != line.kind
            self.y += 5 if ends else 0

    def _runs(self, runs: list[markup.Run], kind: markup.Kind, x: float) -> None:
        size = SIZES[kind]
        fill = {"heading": BRIGHT, "small": DIM}.get(kind, TEXT)
        for run in runs:
            mono = run.look == "code"
            wide = width(run.text, size, mono=mono)
            if mono and kind != "block":
                self._rect(x - 1, self.y + 1, wide + 2, size * 1.3, DARK, 3)
            weight = 600 if run.look == "bold" or kind == "heading" else 400
            self._write(x, self.y + size, run.text, size, LINK if run.look == "link" else fill, weight, wide, mono)
            x += wide
        self.y += size * 1.42

    def _gallery(self, items: list[Mapping[str, Any]], x: float) -> None:
        columns = 1 if len(items) == 1 else 2
        side = 250.0 if columns == 1 else 190.0
        for index, item in enumerate(items):
            across, down = index % columns, index // columns
            name = item["media"]["url"].rpartition("/")[2]
            left, top = x + across * (side + 4), self.y + 4 + down * (side + 4)
            alt = escape(item.get("description") or "")
            self._out.append(
                f'<image x="{left:g}" y="{top:g}" width="{side:g}" height="{side:g}" '
                f'href="{self._pictures[name]}"><title>{alt}</title></image>'
            )
        self.y += -(-len(items) // columns) * (side + 4) + 10

    def _row(self, controls: list[Mapping[str, Any]], x: float) -> None:
        self.y += 3
        left = x
        for each in controls:
            if each["type"] == 3:
                self._input(f"{each.get('placeholder') or ''} ▾", x)
                return
            sign = (each.get("emoji") or {}).get("name") or ""
            said = f"{sign} {each.get('label') or ''}".strip()
            wide = width(said, 13) + 22
            self._rect(left, self.y, wide, 30, STYLES[each["style"]], 5)
            self._write(left + 11, self.y + 20, said, 13, BRIGHT, 500, wide - 22)
            left += wide + 7
        self.y += 36

    def _input(self, said: str, x: float) -> None:
        room = WIDTH - MARGIN - x - (INSIDE if x > MARGIN else 0)
        lines = [
            runs for each in said.split("\n") for runs in _broken((markup.Run(each),), SIZES["plain"], room - 20)
        ] or [[]]
        self._rect(x, self.y, room, 19.88 * len(lines) + 12, DARK, 4)
        self.y += 5
        for runs in lines:
            self._runs(runs or [markup.Run("")], "plain", x + 10)
        self.y += 9

    # --- strokes

    def _rect(self, x: float, y: float, wide: float, tall: float, fill: str, round_by: float) -> None:
        self._out.append(
            f'<rect x="{x:.4g}" y="{y:.5g}" width="{wide:.5g}" height="{tall:.5g}" rx="{round_by:g}" fill="{fill}"/>'
        )

    def _write(
        self, x: float, y: float, said: str, size: float, fill: str, weight: int, wide: float = 0, mono: bool = False
    ) -> None:
        face = " font-family=\"'DejaVu Sans Mono',Menlo,Consolas,monospace\"" if mono else ""
        heavy = f' font-weight="{weight}"' if weight != 400 else ""
        # Whatever typeface the reader has, what follows must not be written over.
        fitted = f' textLength="{wide:.5g}" lengthAdjust="spacingAndGlyphs"' if wide and said.strip() else ""
        self._out.append(
            f'<text x="{x:.5g}" y="{y:.5g}" font-size="{size:g}" fill="{fill}"{heavy}{face}{fitted} '
            f'xml:space="preserve">{escape(said)}</text>'
        )


def _broken(runs: tuple[markup.Run, ...], size: float, room: float) -> Iterator[list[markup.Run]]:
    """Lines that are no wider than the room."""
    line: list[markup.Run] = []
    left = room
    for run in runs:
        text = ""
        for word in _words(run.text):
            wide = width(word, size, mono=run.look == "code")
            if wide > left and (line or text):
                yield [*line, markup.Run(text, run.look)] if text else line
                line, text, left = [], "", room
                word = word.lstrip()
                wide = width(word, size, mono=run.look == "code")
            text += word
            left -= wide
        if text:
            line.append(markup.Run(text, run.look))
    if line:
        yield line


def _words(text: str) -> Iterator[str]:
    """With the space before each; a word that is too long for a line is cut."""
    word = ""
    for character in text:
        if (character == " " and word.strip()) or len(word) >= 60:
            yield word
            word = ""
        word += character
    if word:
        yield word
