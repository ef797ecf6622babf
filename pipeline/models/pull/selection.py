"""Which files of a repository are taken: what the parts of ``model_index.json`` need, and nothing that can run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from config.errors import UserError
from pipeline.models import folder, index
from pipeline.models.pull.hub import Listed

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
ROOT_FILES = re.compile(r"README\.md|LICENSE(\.md|\.txt)?|LICENCE(\.md|\.txt)?|NOTICE(\.txt)?|mezzotint\.json", re.I)
ENDINGS = (".safetensors", ".json", ".txt", ".model")
SHARD = r"-\d{5}-of-\d{5}"
WEIGHTS = re.compile(rf"(?P<stem>[A-Za-z0-9_-]+?)({SHARD})?(\.(?P<variant>[A-Za-z0-9_-]+?))?({SHARD})?\.safetensors")
WEIGHT_INDEX = re.compile(r"(?P<stem>[A-Za-z0-9_-]+)\.safetensors\.index(\.(?P<variant>[A-Za-z0-9_-]+))?\.json")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch, and where it comes to lie in the model's folder."""

    listed: Listed
    place: str


def first(files: Iterable[Listed]) -> Wanted:
    """``model_index.json``, which says what else is needed."""
    found = next((file for file in files if file.name == index.NAME), None)
    if found is None:
        raise UserError(
            "the repository is no model in the layout of diffusers: it has no model_index.json",
            hint="single files and other layouts have to be converted first",
        )
    return Wanted(found, index.NAME)


def rest(files: Iterable[Listed], content: Mapping[str, Any], variant: str | None) -> tuple[Wanted, ...]:
    """The files of the parts, and the card and licence. Names of any other form are left on the hub."""
    parts = [part for part, value in content.items() if isinstance(value, list) and value != [None, None]]
    listed = list(files)
    chosen = [Wanted(file, file.name) for file in listed if ROOT_FILES.fullmatch(file.name)]
    for part in parts:
        chosen += _of_part(part, [file for file in listed if file.name.startswith(f"{part}/")], variant)
    places = [wanted.place.casefold() for wanted in chosen]
    if len(set(places)) != len(places):
        raise UserError("the repository has two files whose names differ only in case")
    if len(places) > folder.MAX_FILES:
        raise UserError(f"the repository has more than {folder.MAX_FILES} files of the kinds a model needs")
    return tuple(sorted(chosen, key=lambda wanted: wanted.place))


def safe(place: str) -> bool:
    """Whether a name is one that may come to lie in a model's folder."""
    return all(NAME.fullmatch(part) for part in place.split("/"))


def _of_part(part: str, files: list[Listed], variant: str | None) -> list[Wanted]:
    known = [(file, file.name.removeprefix(f"{part}/")) for file in files]
    fit = [(file, name) for file, name in known if NAME.fullmatch(name) and name.endswith(ENDINGS)]
    weights = {name: match["variant"] for _, name in fit if (match := _weights(name))}
    offered = set(weights.values())
    if weights and variant is None and None not in offered:
        shown = ", ".join(sorted(str(each) for each in offered))
        raise UserError(
            f"the part {part} is there only as: {shown}", field="variant", hint="ask for one of them with --variant"
        )
    taken = variant if variant in offered else None
    chosen = [Wanted(file, file.name) for file, name in fit if name not in weights]
    for file, name in fit:
        if name in weights and weights[name] == taken:
            chosen.append(Wanted(file, f"{part}/{_plain(name, taken)}"))
    return chosen


def _weights(name: str) -> re.Match[str] | None:
    return WEIGHTS.fullmatch(name) or WEIGHT_INDEX.fullmatch(name)


def _plain(name: str, variant: str | None) -> str:
    """The name that loaders look for. The shards of a variant name each other, so that they can't be renamed."""
    if variant is None:
        return name
    if re.search(SHARD, name) or ".index." in name:
        raise UserError(f"the variant {variant} is in several pieces, which can't be taken alone", field="variant")
    return name.replace(f".{variant}.", ".")
