"""``.csv`` with the field names in its first row, and ``.jsonl`` with a job a line; both are read row by row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import BinaryIO

from config.errors import UserError
from frontends.watch_folder.orders import text
from frontends.watch_folder.orders.entry import Entries, Entry, UnreadableError, entry_of, known_fields, read_fields
from pipeline.request import Request

_DELIMITERS = ",;\t"


def parse_jsonl(file: BinaryIO) -> Entries:
    """A JSON object (or a string: the prompt) a line; blank lines are skipped. Numbered by line."""
    for number, line in enumerate(text.lines(file), start=1):
        if isinstance(line, ValueError):
            yield Entry(number, error=str(line))
        elif line.strip():
            yield _from_json(number, line)


def _from_json(number: int, line: str) -> Entry:
    try:
        return entry_of(number, json.loads(line))
    except json.JSONDecodeError as error:
        return Entry(number, error=f"not valid JSON: {error.msg} at column {error.colno}")
    except (RecursionError, ValueError):
        return Entry(number, error="not valid JSON: nested too deeply or a number is too long")


def parse_csv(file: BinaryIO) -> Entries:
    """One job a row, empty cells are open fields. Numbered by the line a row begins on."""
    rows = _Rows(file)
    header = rows.header()
    for number, cells in rows:
        if isinstance(cells, str):
            yield Entry(number, error=cells)
        elif any(cell.strip() for cell in cells):
            yield _from_cells(number, header, cells)


def _from_cells(number: int, header: list[str], cells: list[str]) -> Entry:
    if len(cells) > len(header):
        return Entry(number, error=f"the row has {len(cells)} cells, the first row names {len(header)}")
    named = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name and cell.strip()}
    try:
        return Entry(number, read_fields(named))
    except UserError as error:
        return Entry(number, error=error.message)


class _Rows:
    """The rows of a CSV file with the lines they begin on; a row that can't be read comes as the reason."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = text.lines(file)
        self._line = 0
        self._broken: list[str] = []

    def header(self) -> list[str]:
        first = next(self._lines, "")
        self._line = 1
        if isinstance(first, ValueError):
            raise UnreadableError(f"line 1: {first}")
        self._delimiter = max(_DELIMITERS, key=first.count)
        names = [cell.strip() for cell in next(csv.reader([first], delimiter=self._delimiter), [])]
        try:
            fields = read_fields({name: "64x64" if name.lower() == "size" else "0" * 64 for name in names if name})
        except UserError as error:
            raise UnreadableError(f"line 1: {error.message}") from None
        if not fields or not fields.keys() & Request.model_fields.keys():
            raise UnreadableError(
                "line 1 names no fields", hint=f"the first row says what the columns are, from: {known_fields()}"
            )
        return names

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        reader = csv.reader(self._feed(), delimiter=self._delimiter)
        while True:
            begins = self._line + 1
            self._broken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield begins, f"not a valid row: {error}"
                continue
            yield begins, self._broken[0] if self._broken else cells

    def _feed(self) -> Iterator[str]:
        for line in self._lines:
            self._line += 1
            if isinstance(line, ValueError):
                self._broken.append(str(line))
                yield "\n"
            else:
                yield line + "\n"
