"""``.toml``, ``.yaml``, ``.yml``, ``.json``: a full request, a list of them, or ``jobs`` and fields for all of them."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, BinaryIO

import yaml

from frontends.watch_folder.orders import text, toml
from frontends.watch_folder.orders.entry import Entries, UnreadableError, entry_of

MAX_BYTES = 1024 * 1024
MAX_YAML_BYTES = 256 * 1024  # libyaml's speed makes this a second
MAX_YAML_DEPTH = 100
MAX_SHARED = 100
"""Fields beside ``jobs``: every job is given all of them."""
_LONG_NUMBER = re.compile(r"[-+0-9_:.]{100,}")
"""YAML reads 1:20:30 as a number to the base of sixty, and takes seconds for one of a hundred thousand parts."""


def parse(file: BinaryIO, ending: str) -> Entries:
    """Entries numbered by their place in the list; raises :class:`UnreadableError` with the line of a mistake."""
    yield from _entries(load(file, ending))


def load(file: BinaryIO, ending: str) -> object:
    """The value the file holds."""
    source = text.whole(file, MAX_YAML_BYTES if ending in (".yaml", ".yml") else MAX_BYTES)
    try:
        if ending == ".toml":
            return toml.loads(source)
        if ending == ".json":
            return json.loads(source)
        return _yaml(source)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableError(f"not valid TOML: {error}") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UnreadableError(f"not valid YAML: {error.problem}{where}") from None
    except yaml.YAMLError as error:
        raise UnreadableError(f"not valid YAML: {error}") from None
    except (RecursionError, ValueError, OverflowError):
        raise UnreadableError("the file is nested too deeply or holds a number that is too long") from None


def _yaml(source: str) -> object:
    depth = 0
    for event in yaml.parse(source, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableError("YAML aliases (*name) are not taken", hint="write the fields out")
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and _LONG_NUMBER.fullmatch(event.value):
            raise ValueError("a number that is too long")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_YAML_DEPTH:  # the loader recurses in C, without a bound: it would end the process
            raise RecursionError
    return yaml.load(source, Loader=yaml.CSafeLoader)


def _entries(value: object) -> Entries:
    shared: dict[Any, Any] = {}
    if isinstance(value, dict) and "jobs" in value:
        shared = {key: part for key, part in value.items() if key != "jobs"}
        if len(shared) > MAX_SHARED:
            raise UnreadableError(f"there are {len(shared)} fields beside jobs; there are not so many")
        value = value["jobs"]
        if not isinstance(value, list):
            raise UnreadableError("jobs must be a list", hint="in TOML, begin every job with [[jobs]]")
    items = value if isinstance(value, list) else [value]
    for number, item in enumerate(items, start=1):
        own = {"prompt": item} if isinstance(item, str) else item
        yield entry_of(number, {**shared, **own} if isinstance(own, dict) else own)
