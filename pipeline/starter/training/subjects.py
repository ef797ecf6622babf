"""The subjects: their names and which pictures show them. Their data lie in a folder that is not part of the code.

``subjects.json`` is a list of ``{"label", "tags", "group", "pictures": {style: number}}``; ``pics.zip`` holds one
``NUMBER.webp`` a picture, RGBA, square. :mod:`pipeline.starter.training.collect` makes both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.starter.training import styles
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.plain_names import PLAIN_NAMES

LIST = "subjects.json"
PICTURES = "pics.zip"

_SYMBOLS, _PEOPLE = 8, 1
_TELLING_SYMBOLS = re.compile(
    r"circle|square|triangle|diamond|star|heart|recycling|infinity|radioactive|biohazard|warning|peace|yin yang|atom"
)
_SOMEBODY = re.compile(r"\b(man|woman|men|women|boy|girl|family|couple|kiss|hands?|people|tone)\b|:")
_TAG = re.compile(r"[a-z][a-z \-]{2,}")
_EMPTY_TAGS = frozenset({"face", "person", "emoji"})
_COLOUR_WORD = re.compile(r"\b(red|orange|yellow|green|blue|purple|pink|brown|black|gray|grey|white|colou?r)\b")


@dataclass(frozen=True, slots=True)
class Subject:
    """``name`` is what captions say most, ``label`` what the source calls it; ``pictures`` maps styles to textures."""

    name: str
    label: str
    tags: tuple[str, ...]
    pictures: Mapping[str, int]

    @property
    def tintable(self) -> bool:
        """Whether another colour would not contradict its name."""
        return not _COLOUR_WORD.search(self.label)


@dataclass(frozen=True, slots=True)
class Collection:
    """Make one with :meth:`of`: what each scene asks for is found once.

    ``files`` are the numbers of the pictures in the archive, in the order of the textures. ``of_style`` has the indices
    of the subjects that are drawn in a style; ``styles`` are those that at least two have (a pair needs two).
    """

    subjects: tuple[Subject, ...]
    files: tuple[int, ...]
    styles: tuple[str, ...]
    of_style: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, subjects: tuple[Subject, ...], files: tuple[int, ...]) -> Collection:
        """Of subjects and the pictures they name."""
        found = {
            style: tuple(index for index, subject in enumerate(subjects) if style in subject.pictures)
            for style in styles.WORDS
        }
        return cls(subjects, files, tuple(style for style in found if len(found[style]) >= 2), found)


def load(folder: Path) -> Collection:
    """The subjects of a folder that can be shown in a small picture and told from each other."""
    for name in (LIST, PICTURES):
        if not (folder / name).is_file():
            raise TrainingError(
                f"there is no {name} in {folder}. Name the folder of the pictures with --data, or make one: "
                "python -m pipeline.starter.training collect --help"
            )
    records = [each for each in json.loads((folder / LIST).read_text(encoding="utf-8")) if _is_fit(each)]
    if len(records) < 2:
        raise TrainingError(f"{folder / LIST} holds fewer than two subjects")
    files = sorted({number for each in records for number in each["pictures"].values()})
    places = {number: place for place, number in enumerate(files)}
    labels = {_label(each) for each in records}
    return Collection.of(tuple(_subject(each, places, labels) for each in records), tuple(files))


def _is_fit(record: Mapping[str, Any]) -> bool:
    """No people (hundreds of nearly equal ones) and no letters, arrows or clocks."""
    if record["group"] == _SYMBOLS:
        return bool(_TELLING_SYMBOLS.search(record["label"]))
    return not (record["group"] == _PEOPLE and _SOMEBODY.search(record["label"]))


def _label(record: Mapping[str, Any]) -> str:
    return str(record["label"]).replace(":", "")


def _subject(record: Mapping[str, Any], places: Mapping[int, int], labels: set[str]) -> Subject:
    label = _label(record)
    plain = PLAIN_NAMES.get(label, label)
    tags = tuple(tag for tag in record["tags"] if _TAG.fullmatch(tag) and tag not in _EMPTY_TAGS)
    pictures = {style: places[number] for style, number in record["pictures"].items()}
    # Where another subject bears the plain name ("dog" beside "dog face"), each keeps its own.
    return Subject(label if plain in labels else plain, label, tags, pictures)
