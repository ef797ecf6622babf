"""The files of one order, wherever they lie now, and the jobs they ask for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from config.settings import FolderSettings
from frontends.files import paths
from frontends.watch_folder.orders import kinds, parse_picture, parse_structured, parse_table, parse_text, presets
from frontends.watch_folder.orders.entry import Entries, Entry, UnreadableError

MAX_ERRORS_AT_ONCE = 1_000
PART_BYTES = 1 << 18


@dataclass(frozen=True)
class Source:
    """``main`` is the file the order is named after; ``directory`` says where under ``root`` the files lie now."""

    root: Path
    name: str
    """Where it was dropped, relative to the root."""
    directory: tuple[str, ...]
    main: str
    sidecars: tuple[str, ...] = ()
    in_place: bool = False
    """The folder is read-only: the files stay where they are."""

    @property
    def dropped_in(self) -> tuple[str, ...]:
        """The directories on the way to where it was dropped."""
        return paths.split(self.name)[0]

    @property
    def files(self) -> tuple[str, ...]:
        """All of them, the main one last (so that it is moved last)."""
        return (*self.sidecars, self.main)

    def open(self, name: str) -> BinaryIO:
        """One of the files, for reading; raises ``OSError``."""
        with paths.directory(self.root, self.directory) as parent:
            return os.fdopen(paths.open_file(name, parent), "rb")


@dataclass(frozen=True)
class Outline:
    """What is known of an order once it was read through."""

    fingerprint: str
    """Hash of the content of all its files and of the settings it is drawn with."""
    last_line: int
    preset: presets.Preset


@dataclass(frozen=True)
class Batch:
    """The next lines of an order."""

    entries: list[Entry]
    next_line: int
    several: bool
    """The order has more than one entry, so results are numbered."""
    image: bytes | None
    """What the entries start from, as it was dropped."""
    preset: presets.Preset


def outline(source: Source, folder: FolderSettings) -> Outline:
    """Read the order through once; raises :class:`UnreadableError` when nothing can come of it."""
    preset = presets.effective(source.root, source.dropped_in, folder)
    digest = hashlib.sha256(preset.canonical().encode())
    for name in source.files:
        digest.update(f"\0{kinds.ending(name)}\0".encode())
        with source.open(name) as file:
            _refuse_size(file, folder)
            while part := file.read(PART_BYTES):
                digest.update(part)
    last = count = 0
    for entry in _entries(source, folder, preset, _image(source, folder)):
        last, count = entry.line, count + 1
        if count > folder.max_lines:
            raise UnreadableError(f"the file has more than {folder.max_lines} jobs", hint="split it")
    if count == 0:
        raise UnreadableError("the file asks for nothing", hint="write one prompt a line")
    return Outline(digest.hexdigest(), last, preset)


def batch(source: Source, folder: FolderSettings, first: int, last: int, jobs: int) -> Batch:
    """The entries from line ``first`` on: at most ``jobs`` good ones, and the bad ones between them."""
    preset = presets.effective(source.root, source.dropped_in, folder)
    image = _image(source, folder)
    taken: list[Entry] = []
    seen = good = 0
    next_line = last + 1
    for entry in _entries(source, folder, preset, image):
        seen += 1
        if entry.line < first:
            continue
        if good >= jobs or len(taken) >= jobs + MAX_ERRORS_AT_ONCE or entry.line > last:
            next_line = min(entry.line, last + 1)
            break
        taken.append(entry)
        good += entry.error is None
    return Batch(taken, next_line, seen > 1, image if any(entry.from_image for entry in taken) else None, preset)


def _image(source: Source, folder: FolderSettings) -> bytes | None:
    if not kinds.is_image(source.main):
        return None
    with source.open(source.main) as file:
        _refuse_size(file, folder)
        return file.read(os.fstat(file.fileno()).st_size + 1)


def _refuse_size(file: BinaryIO, folder: FolderSettings) -> None:
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise UnreadableError("the file is empty")
    if size > folder.max_file_bytes:
        raise UnreadableError(f"the file is larger than {folder.max_file_bytes} bytes, the most this folder takes")


def _entries(source: Source, folder: FolderSettings, preset: presets.Preset, image: bytes | None) -> Iterator[Entry]:
    """Every entry, with the preset beneath its own fields."""
    if kinds.ending(source.main) in kinds.ENDINGS - kinds.accepted(folder.accept):
        what, taken = paths.shown(kinds.ending(source.main)), " ".join(sorted(kinds.accepted(folder.accept)))
        raise UnreadableError(f"{what} files are not taken in this folder", hint=f"these are: {taken}")
    if image is not None and not source.sidecars and folder.orphans == "fail":
        raise UnreadableError("the picture came without the file that says what to make of it", hint=parse_picture.HINT)
    if len(source.sidecars) > 1:
        raise UnreadableError(
            f"there are several files for this picture: {', '.join(paths.shown(name) for name in source.sidecars)}",
            hint="keep one of them",
        )
    if image is not None and not source.sidecars:
        yield parse_picture.entry_of(image, preset.fields)
        return
    for entry in _parsed(source, (*source.sidecars, source.main)[0]):
        if entry.error is None and not entry.redraw:
            fields = {**preset.fields, **entry.fields}
            entry = Entry(entry.line, fields, from_image=image is not None and "image" not in entry.fields)
        yield entry


def _parsed(source: Source, name: str) -> Entries:
    ending = kinds.ending(name)
    if ending not in kinds.ORDERS:
        known = " ".join(sorted(kinds.ORDERS | kinds.IMAGES))
        what = f"files that end in {paths.shown(ending)}" if ending else "files without an ending"
        raise UnreadableError(f"{what} are not read here", hint=f"these are: {known}")
    with source.open(name) as file:
        if ending in kinds.TEXT:
            yield from parse_text.parse(file)
        elif ending == ".csv":
            yield from parse_table.parse_csv(file)
        elif ending == ".jsonl":
            yield from parse_table.parse_jsonl(file)
        else:
            yield from parse_structured.parse(file, ending)
