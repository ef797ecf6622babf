"""Imports point one way, each library stays in its room, and what must not load torch does not."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = "pipeline.engine"
TORCH_FREE_ENGINE = ("pipeline.engine", "pipeline.engine.contract", "pipeline.engine.loop", "pipeline.engine.fake")
WRONG = (
    ("config/clock.py", "import storage, discord"),
    ("storage/__init__.py", "import pipeline.messages"),
    ("pipeline/request.py", "import storage, daemon.events, torch, pipeline.starter.training"),
    ("daemon/events.py", "import sqlite3, fastapi, watchdog, typer, huggingface_hub, pipeline.engine"),
    ("daemon/words.py", "import httpcore2, prometheus_client"),
    ("daemon/fairness/line.py", "import time, storage.database"),
    ("frontends/contract.py", "import daemon.dispatch, pipeline.models.pull"),
    ("frontends/http/__init__.py", "import frontends.watch_folder, apscheduler"),
    ("frontends/files/__init__.py", "import frontends.schedules"),
    ("daemon/schedules/__init__.py", "import storage"),
)
"""Modules, and what they may not import."""
HEAVY = ("torch", "diffusers", "transformers", "accelerate", "greenlet")


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(directory)}
    return subprocess.run(
        [command, "--no-cache"], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def test_imports_point_one_way(root: Path) -> None:
    result = lint_imports(root)

    assert result.returncode == 0, result.stdout + result.stderr
    assert " 0 broken." in result.stdout


def test_each_rule_is_broken_by_a_wrong_import(root: Path, rooms: tuple[str, ...], tmp_path: Path) -> None:
    """
    1. The packages are copied, and some modules get an import that a rule forbids, one for each rule.
    Result: every one of the rules is reported as broken.
    """
    for room in rooms:
        shutil.copytree(root / room, tmp_path / room, ignore=shutil.ignore_patterns("*.safetensors", "__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    for module, line in WRONG:
        with (tmp_path / module).open("a") as file:
            file.write(f"\n{line}\n")
    rules = re.findall(
        r'^name = "(.+)"$', (root / "pyproject.toml").read_text().partition("[tool.importlinter]")[2], re.M
    )
    assert len(rules) >= 12

    result = lint_imports(tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    assert [rule for rule in rules if f"{rule} BROKEN" not in result.stdout] == []


def imported_in_a_fresh_process(names: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Import them with the heavy libraries blocked; prints what could not be imported."""
    code = f"""
import importlib, sys
for name in {HEAVY!r}:
    sys.modules[name] = None
failed = []
for name in {names!r}:
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed.append(f"{{name}}: {{error}}")
print("\\n".join(failed))
sys.exit(bool(failed))
"""
    return subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)


def test_everything_outside_the_engine_half_is_imported_with_torch_blocked(modules: tuple[str, ...]) -> None:
    outside = tuple(name for name in modules if name != ENGINE and not name.startswith(f"{ENGINE}."))
    assert len(outside) > 100

    result = imported_in_a_fresh_process((*outside, *TORCH_FREE_ENGINE))

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_block_would_be_noticed() -> None:
    result = imported_in_a_fresh_process(("config.settings", "pipeline.engine.local"))

    assert result.returncode == 1
    assert result.stdout.startswith("pipeline.engine.local: ")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["draw", "--help"], ["submit", "--help"]], ids=" ".join
)
def test_the_command_starts_without_what_it_does_not_need(arguments: list[str]) -> None:
    code = f"""
import sys
from daemon.cli.main import main
status = main({arguments!r})
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}))
sys.exit(status)
"""
    result = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)

    loaded = set(result.stdout.rpartition("LOADED ")[2].split())
    assert "typer" in loaded
    unwanted = {*HEAVY, "fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "httpx", "watchdog", "PIL", "numpy"}
    assert loaded & unwanted == set()


def edits_of_the_search_path(code: str) -> list[int]:
    """The lines that assign to ``sys.path`` or call a method on it."""
    found = []
    for node in ast.walk(ast.parse(code)):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.Delete):
            targets = node.targets if isinstance(node, ast.Delete) else [node.target]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            targets = [node.func.value]
        if any(ast.unparse(target).startswith(("sys.path", "sys.meta_path")) for target in targets):
            found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    "code", ["sys.path.insert(0, x)", "sys.path[:0] = [x]", "sys.path += [x]", "del sys.path[0]", "sys.path = []"]
)
def test_an_edit_of_the_search_path_would_be_noticed(code: str) -> None:
    assert edits_of_the_search_path(code) == [1]


def test_nobody_edits_the_search_path_of_imports(root: Path, rooms: tuple[str, ...]) -> None:
    files = [path for directory in (*rooms, "demo", "tests") for path in (root / directory).rglob("*.py")]

    assert {str(path.relative_to(root)) for path in files if edits_of_the_search_path(path.read_text())} == set()


def test_files_in_the_working_directory_never_shadow_the_packages(tmp_path: Path, rooms: tuple[str, ...]) -> None:
    """
    1. A directory holds files named like our packages, which would say so when run.
    2. The command is started in it.
    Result: the command works, none of the files ran.
    """
    for room in rooms:
        (tmp_path / f"{room}.py").write_text("print('SHADOWED')\n")
    command = Path(sys.executable).with_name("mezzotint")

    result = subprocess.run([command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert "SHADOWED" not in result.stdout + result.stderr
    assert result.stdout.startswith("mezzotint ")
