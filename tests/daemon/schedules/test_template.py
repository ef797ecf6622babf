"""What is filled into a prompt, and that it is the same whenever it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.errors import UserError
from daemon.schedules.template import seeds
from daemon.schedules.template.template import Template, of_json
from daemon.schedules.template.words import Occasion

SHOWN = datetime(2026, 11, 26, 7, 5, tzinfo=UTC)


def occasion(number: int = 7, due: int = 1_795_676_700_000) -> Occasion:
    return Occasion("0" * 16, "dawn", due, SHOWN, number)


def prompt(text: str, directory: Path = Path("/nowhere"), *, of: Occasion | None = None, **more: Any) -> str:
    template = Template(request={"prompt": text}, **more)
    return str(template.fields(of or occasion(), directory)["prompt"])


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{date} {time}", "2026-11-26 07:05"),
        ("{date:%d.%m.%Y}", "26.11.2026"),
        ("{weekday} {day} {month} {year}, week {week}", "Thursday 26 November 2026, week 48"),
        ("{n} {n:03} {n:5}|", "7 007     7|"),
        ("{name}", "dawn"),
        ("{{n}} a {{ b }}", "{n} a { b }"),
        ("{a|a}", "a"),
        ("{ {n}| {n} }", " 7 "),
        ("no places", "no places"),
        ("snake_case __ and _x_", "snake_case __ and _x_"),
    ],
)
def test_places_are_filled(text: str, filled: str) -> None:
    assert prompt(text).strip("") in (filled, filled.rstrip())


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{x}", "{n:x}", "{date:x}", "{day:2}", "a {b", "{n:0}", "{{{", "{a|{b}", "__nothing__"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UserError) as refused:
        prompt(text)
    assert refused.value.field == "prompt"
    assert refused.value.hint


def test_braces_may_not_lie_too_deep() -> None:
    with pytest.raises(UserError):
        prompt("{a|" * 50 + "b" + "}" * 50)


def test_a_choice_is_the_same_for_one_occasion_and_another_for_others() -> None:
    text = "{red|green|blue} {cat|dog} __animals__"
    lists = {"animals": ("a", "b", "c")}
    found = [prompt(text, of=occasion(due=due), lists=lists) for due in range(60)]
    assert found == [prompt(text, of=occasion(due=due), lists=lists) for due in range(60)]
    assert {each.split()[0] for each in found} == {"red", "green", "blue"}
    assert {each.split()[1] for each in found} == {"cat", "dog"}
    assert {each.split()[2] for each in found} == {"a", "b", "c"}


def test_lists_come_from_files_too(tmp_path: Path) -> None:
    (tmp_path / "animals.txt").write_text("\ufeff# of the wood\n\n  fox \nowl\n")
    assert {prompt("__animals__", tmp_path, of=occasion(due=due)) for due in range(30)} == {"fox", "owl"}
    assert prompt("__animals__", tmp_path, lists={"animals": ("given",)}) == "given"
    (tmp_path / "empty.txt").write_text("# nothing\n")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "folder.txt").mkdir()
    for name in ("empty", "bad", "folder", "absent"):
        with pytest.raises(UserError):
            prompt(f"__{name}__", tmp_path)
    assert prompt("__../secret__", tmp_path) == "__../secret__", "that is no name"


@pytest.mark.parametrize(
    ("rule", "seed", "found"),
    [("fixed", 5, [5, 5]), ("increment", 5, [5, 6]), ("increment", None, [0, 1]), ("date", None, [20261126] * 2)],
)
def test_seeds_follow_their_rule(rule: Any, seed: int | None, found: list[int]) -> None:
    template = Template(request={"prompt": "a", "seed": seed}, seed_rule=rule)
    assert [template.fields(occasion(number), Path("/"))["seed"] for number in (1, 2)] == found


def test_a_random_seed_is_the_same_for_one_occasion() -> None:
    template = of_json(Template(request={"prompt": "a"}).as_json())
    found = [template.fields(occasion(due=due), Path("/"))["seed"] for due in range(50)]
    assert found == [template.fields(occasion(due=due), Path("/"))["seed"] for due in range(50)]
    assert len(set(found)) == 50
    assert all(0 <= seed < 2**32 for seed in found)


def test_the_last_seed_is_followed_by_the_first() -> None:
    template = Template(request={"prompt": "a", "seed": 2**32 - 1}, seed_rule="increment")
    assert template.fields(occasion(2), Path("/"))["seed"] == 0


def test_which_rule_a_seed_means() -> None:
    assert seeds.checked(None, None) == "random"
    assert seeds.checked(None, 0) == "fixed"
    for rule, seed in (("fixed", None), ("no", 1)):
        with pytest.raises(UserError):
            seeds.checked(rule, seed)
