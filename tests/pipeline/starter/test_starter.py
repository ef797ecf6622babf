from __future__ import annotations

import json
from pathlib import Path

from pipeline import schedulers, starter
from pipeline.models.content import read_json

FOLDER = starter.folder()


def test_it_knows_eighty_subjects_in_plain_words() -> None:
    subjects = starter.subjects()
    assert len(subjects) == len(set(subjects)) == 80
    assert {"apple", "penguin", "castle", "rocket"} <= set(subjects)


def test_what_its_list_says_about_subjects_is_about_subjects_it_has() -> None:
    listed = json.loads((FOLDER / "subjects.json").read_text(encoding="utf-8"))
    assert set(listed["tintable"]) <= set(listed["subjects"])
    assert set(listed["also_known_as"]) <= set(listed["subjects"])


def test_the_notices_of_the_pictures_it_learnt_from_are_there() -> None:
    notice = (FOLDER / "NOTICE").read_text(encoding="utf-8")
    for words in (
        "Microsoft Corporation",
        "LobeHub",
        "Iconify",
        "Google LLC",
        "Apache License, Version 2.0",
        "Emojibase",
        "Unicode",
        "Permission is hereby granted, free of charge",
        'THE SOFTWARE IS PROVIDED "AS IS"',
    ):
        assert words in notice


def test_its_files_say_nothing_of_where_they_were_made() -> None:
    for file in FOLDER.rglob("*.json"):
        assert "out/starter" not in file.read_text(encoding="utf-8"), file


def test_its_files_can_be_read_by_everybody() -> None:
    modes = {file.stat().st_mode & 0o444 for file in FOLDER.rglob("*") if file.is_file()}
    assert modes == {0o444}


def test_its_defaults_name_a_known_scheduler() -> None:
    words = read_json(Path(FOLDER) / "mezzotint.json")
    assert schedulers.resolve(words["defaults"]["scheduler"]).name == words["defaults"]["scheduler"]
