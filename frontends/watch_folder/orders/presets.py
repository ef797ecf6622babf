"""What a folder adds to its orders: the operator's preset, overridden by ``folder.toml`` files on the way down.

::

    # folder.toml
    lane = "background"      # not more urgent than the watched folder's own lane
    priority = 10
    tags = ["portrait"]
    repeat = "skip"          # again, skip or link
    clear = ["prompt", "tags"]  # inherited fields (or "tags", or "preset": all fields) that do not hold here
    [preset]                 # request fields for orders that do not set them
    steps = 30
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from config.errors import UserError
from config.settings import FolderSettings
from frontends.files import paths
from frontends.watch_folder.orders import toml
from frontends.watch_folder.orders.entry import known_fields, read_fields
from frontends.watch_folder.orders.kinds import FOLDER_SETTINGS
from pipeline.request import Request, shown

MAX_BYTES = 64 * 1024
MAX_PRIORITY = 100
MAX_TAGS = 20
MAX_TAG_CHARACTERS = 60
LANES = ("interactive", "folder", "scheduled", "background")  # the most urgent first
Repeat = Literal["again", "skip", "link"]


@dataclass(frozen=True)
class Preset:
    """What holds for the orders of one directory."""

    fields: dict[str, Any]
    lane: str
    priority: int
    repeat: Repeat
    tags: tuple[str, ...] = ()

    def overridden(self, values: dict[str, Any]) -> Preset:
        """This with what a ``folder.toml`` or an entry says beside the request; raises :class:`UserError`."""
        changed = self
        if "lane" in values:
            changed = replace(changed, lane=self._lane(values["lane"]))
        if "priority" in values:
            changed = replace(changed, priority=_priority(values["priority"]))
        if "tags" in values:
            changed = replace(changed, tags=tuple(dict.fromkeys((*self.tags, *_tags(values["tags"])))))
        if "repeat" in values:
            if values["repeat"] not in ("again", "skip", "link"):
                raise UserError(f"repeat must be again, skip or link (got {shown(values['repeat'])})", field="repeat")
            changed = replace(changed, repeat=cast(Repeat, values["repeat"]))
        return changed

    def canonical(self) -> str:
        """The same text for the same settings."""
        return json.dumps([self.fields, self.lane, self.priority, self.tags], sort_keys=True, default=str)

    def _lane(self, lane: object) -> str:
        if not isinstance(lane, str) or lane not in LANES:
            raise UserError(f"lane must be one of {', '.join(LANES)} (got {shown(lane)})", field="lane")
        if LANES.index(lane) < LANES.index(self.lane):
            raise UserError(f"lane {lane} is more urgent than this folder may be ({self.lane})", field="lane")
        return lane


def _priority(value: object) -> int:
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None or not -MAX_PRIORITY <= number <= MAX_PRIORITY:
        raise UserError(f"priority must be a whole number from -100 to 100 (got {shown(value)})", field="priority")
    return number


def _tags(value: object) -> list[str]:
    tags = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(tags, list) or len(tags) > MAX_TAGS:
        raise UserError(f"tags must be a list of at most {MAX_TAGS} words", field="tags")
    if not all(isinstance(tag, str) and 0 < len(tag) <= MAX_TAG_CHARACTERS for tag in tags):
        raise UserError(f"a tag must be text of at most {MAX_TAG_CHARACTERS} characters", field="tags")
    return tags


def effective(root: Path, directory: tuple[str, ...], folder: FolderSettings) -> Preset:
    """The preset of ``root/directory``: without a ``folder.toml`` its parent's. Raises :class:`UserError`."""
    preset = Preset(read_fields(folder.preset), folder.lane, folder.priority, folder.repeat)
    for depth in range(len(directory) + 1):
        values, text = _read(root, directory[:depth])
        if values:
            try:
                preset = _below(preset, values)
            except UserError as error:
                where = paths.shown("/".join((*directory[:depth], FOLDER_SETTINGS)))
                said = f"{where}{_line_of(error.field, text)}: {error.message}"
                said += f", {error.hint}" if error.hint else ""
                raise UserError(said, field=error.field, hint=f"mend {where} first") from None
    return preset


def _below(preset: Preset, values: dict[str, Any]) -> Preset:
    own = values.get("preset", {})
    if not isinstance(own, dict):
        raise UserError("preset must be a table of request fields", field="preset")
    for name in values.keys() - {"preset", "lane", "priority", "tags", "repeat", "clear"}:
        raise UserError(
            f"{shown(name)[1:-1]} is not known here", field=name, hint="request fields belong under [preset]"
        )
    fields = read_fields(own)
    for name in fields.keys() - Request.model_fields.keys():
        raise UserError(
            f"preset.{shown(name)[1:-1]} is not a field of a request", field=name, hint=f"fields: {known_fields()}"
        )
    inherited = _cleared(preset, values.get("clear", []))
    return replace(inherited.overridden(values), fields={**inherited.fields, **fields})


def _cleared(preset: Preset, names: object) -> Preset:
    """Without what is named: a table of TOML can't say that something is open."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError("clear must be a list of names", field="clear")
    for name in names:
        if name not in {*Request.model_fields, "preset", "tags"}:
            raise UserError(f"clear: {name!r} can't be cleared", field="clear", hint="request fields, preset or tags")
    fields = {} if "preset" in names else {name: preset.fields[name] for name in preset.fields if name not in names}
    return replace(preset, fields=fields, tags=() if "tags" in names else preset.tags)


def _read(root: Path, directory: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """What the file of a directory says, and its text; nothing when there is none."""
    where = paths.shown("/".join((*directory, FOLDER_SETTINGS)))
    try:
        with (
            paths.directory(root, directory) as parent,
            os.fdopen(paths.open_file(FOLDER_SETTINGS, parent), "rb") as file,
        ):
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return {}, ""
    except paths.NotAFileError:
        raise UserError(f"{where} is not a regular file", hint=f"mend {where} first") from None
    try:
        if len(raw) > MAX_BYTES:
            raise ValueError("it is too large")
        text = raw.decode("utf-8-sig")
        return toml.loads(text), text
    except tomllib.TOMLDecodeError as error:
        why = str(error).replace("at end of document", f"at end of document, line {text.rstrip().count(chr(10)) + 1}")
        raise UserError(f"{where} can't be read: {why}", hint=f"mend {where} first") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} can't be read: {error}", hint=f"mend {where} first") from None


def _line_of(field: str | None, text: str) -> str:
    """Where the file sets this field, as words to put behind its name."""
    shape = re.compile(rf"""[{{,\s]*["']?{re.escape(field or "")}["']?\s*=""", re.IGNORECASE)
    numbers = [number for number, line in enumerate(text.splitlines(), start=1) if field and shape.match(line)]
    return f" (line {numbers[0]})" if numbers else ""
