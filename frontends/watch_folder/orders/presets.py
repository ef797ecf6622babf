"""What a folder adds to its orders: the operator's preset, overridden by ``folder.toml`` files on the way down.

::

    # folder.toml
    lane = "background"      # not more urgent than the watched folder's own lane
    priority = 10
    tags = ["portrait"]
    repeat = "skip"          # again, skip or link
    [preset]                 # request fields for orders that do not set them
    steps = 30
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from config.errors import UserError
from config.settings import FolderSettings
from frontends.watch_folder import paths
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
        values = _read(root, directory[:depth])
        if values:
            try:
                preset = _below(preset, values)
            except UserError as error:
                where = paths.shown("/".join((*directory[:depth], FOLDER_SETTINGS)))
                said = f"{where}: {error.message}" + (f", {error.hint}" if error.hint else "")
                raise UserError(said, field=error.field, hint=f"mend {where} first") from None
    return preset


def _below(preset: Preset, values: dict[str, Any]) -> Preset:
    own = values.get("preset", {})
    if not isinstance(own, dict):
        raise UserError("preset must be a table of request fields", field="preset")
    for name in values.keys() - {"preset", "lane", "priority", "tags", "repeat"}:
        raise UserError(f"{shown(name)} is not known here", field=name, hint="request fields belong under [preset]")
    fields = read_fields(own)
    for name in fields.keys() - Request.model_fields.keys():
        raise UserError(
            f"preset: {shown(name)} is not a field of a request", field=name, hint=f"fields: {known_fields()}"
        )
    return replace(preset.overridden(values), fields={**preset.fields, **fields})


def _read(root: Path, directory: tuple[str, ...]) -> dict[str, Any]:
    where = paths.shown("/".join((*directory, FOLDER_SETTINGS)))
    try:
        with (
            paths.directory(root, directory) as parent,
            os.fdopen(paths.open_file(FOLDER_SETTINGS, parent), "rb") as file,
        ):
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except paths.NotAFileError:
        raise UserError(f"{where} is not a regular file", hint=f"mend {where} first") from None
    try:
        if len(raw) > MAX_BYTES:
            raise ValueError("it is too large")
        return toml.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} can't be read: {error}", hint=f"mend {where} first") from None
