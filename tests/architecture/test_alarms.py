"""Whatever the daemon reports as degraded has a page in the README."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path


def pages(readme: str) -> set[str]:
    """The alarms that the README explains, without the part of a name that varies."""
    return {title.partition(" NAME")[0] for title in re.findall(r"^### degraded (.+)$", readme, re.M)}


def reported(root: Path, rooms: tuple[str, ...]) -> Iterator[str]:
    """The first argument of every ``report(what, why, heals)``, where it is built from a word of its own."""
    for room in rooms:
        for path in (root / room).rglob("*.py"):
            tree = ast.parse(path.read_text())
            for node in ast.walk(tree):
                is_report = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                if is_report and node.func.attr == "report" and len(node.args) == 3:  # type: ignore[attr-defined]
                    yield name_of(node.args[0], tree)  # type: ignore[attr-defined]


def name_of(value: ast.expr, tree: ast.Module) -> str:
    """The word itself, that of a constant, or what a function of the module begins its text with."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.JoinedStr):
        first = value.values[0]
        assert isinstance(first, ast.Constant), ast.unparse(value)
        return str(first.value).strip()
    called = value.func if isinstance(value, ast.Call) else value
    wanted = called.attr if isinstance(called, ast.Attribute) else ast.unparse(called)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == wanted:
            return name_of(node.value, tree)
        if isinstance(node, ast.FunctionDef) and node.name == wanted:
            (returned,) = (each for each in ast.walk(node) if isinstance(each, ast.Return))
            assert returned.value is not None
            return name_of(returned.value, tree)
    raise AssertionError(f"whose name is {ast.unparse(value)}?")


def test_every_alarm_has_a_page(root: Path, rooms: tuple[str, ...]) -> None:
    found = set(reported(root, rooms))
    assert len(found) >= 9
    assert found == pages((root / "README.md").read_text())


def test_a_page_says_what_it_means_what_heals_it_and_what_to_do(root: Path) -> None:
    for text in re.split(r"^### degraded ", (root / "README.md").read_text(), flags=re.M)[1:]:
        page = re.split(r"^##", text, flags=re.M)[0]
        assert re.findall(r"^\*(\w+):\*", page, re.M) == ["Means", "Heals", "Do"], page
