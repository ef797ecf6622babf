"""What is built holds every module and every file that is needed, and nothing else; its names are its own."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version


@pytest.fixture(scope="module")
def wheel(root: Path, rooms: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing an earlier build left behind can slip in."""
    source = tmp_path_factory.mktemp("source")
    for name in (*rooms, "tests", "systemd", "demo"):
        shutil.copytree(root / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, source)
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    result = subprocess.run([*command, "-w", built, source], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (found,) = built.glob("*.whl")
    return found


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_every_file_of_the_rooms(
    root: Path, rooms: tuple[str, ...], wheel: Path
) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())

    files = [path for room in rooms for path in (root / room).rglob("*") if path.is_file()]
    wanted = {
        str(path.relative_to(root))
        for path in files
        if not {"__pycache__", "training"} & set(path.parts) and (path.suffix != ".md" or "starter" in path.parts)
    }
    assert len(wanted) > 150
    assert wanted - held == set()
    assert [name for name in held if "/training/" in name] == []
    assert any(name.endswith("licenses/LICENSE") for name in held)
    assert any(name.endswith("licenses/pipeline/starter/NOTICE") for name in held)


@pytest.mark.slow
def test_the_wheel_holds_nothing_but_the_rooms(rooms: tuple[str, ...], wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == set(rooms)


@pytest.mark.slow
def test_the_installed_wheel_works_without_the_checkout(wheel: Path, rooms: tuple[str, ...], tmp_path: Path) -> None:
    """
    1. The wheel is unpacked into an empty directory.
    2. A fresh interpreter that sees this directory first asks for the built-in model's files and the default settings.
    Result: all come from there.
    """
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = f"""
import importlib, json, pathlib
print(json.dumps([importlib.import_module(name).__file__ for name in {rooms!r}]))
from pipeline import starter
assert (starter.folder() / "model_index.json").is_file()
assert (starter.folder() / "unet" / "diffusion_pytorch_model.safetensors").stat().st_size > 1_000_000
import config
assert pathlib.Path(config.__file__).with_name("default.toml").is_file()
"""
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd="/", capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert all(Path(file).is_relative_to(tmp_path) for file in json.loads(result.stdout))


def test_no_other_distribution_owns_our_names(rooms: tuple[str, ...]) -> None:
    owners = importlib.metadata.packages_distributions()

    assert {room: sorted(set(owners.get(room, ["mezzotint"]))) for room in rooms} == {
        room: ["mezzotint"] for room in rooms
    }
    top = importlib.metadata.distribution("mezzotint").read_text("top_level.txt")
    assert top is not None
    assert set(top.split()) == set(rooms)


def test_the_folders_of_the_tests_do_not_shadow_the_packages(root: Path, rooms: tuple[str, ...]) -> None:
    for room in rooms:
        file = importlib.import_module(room).__file__
        assert file is not None, f"{room} is a folder without code, perhaps tests/{room}"
        assert Path(file).parent.name == room
        assert "tests" not in Path(file).relative_to(root).parts if Path(file).is_relative_to(root) else True


def test_no_folder_of_the_tests_is_a_package(root: Path) -> None:
    assert list((root / "tests").rglob("__init__.py")) == []


def test_every_package_has_its_init_file(root: Path, rooms: tuple[str, ...]) -> None:
    with_code = {path.parent for room in rooms for path in (root / room).rglob("*.py")}

    assert {
        str(each) for each in with_code if not (each / "__init__.py").is_file() and "training" not in each.parts
    } == set()


def test_the_locks_pin_and_hash_everything_that_is_asked_for(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    listed = [*project["dependencies"], *(each for extra in extras.values() for each in extra)]
    asked = {re.split(r"[\[<>=;~! ]", each)[0] for each in listed}
    blocks = re.findall(
        r"^([a-z0-9][a-z0-9._-]*)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
        (root / "requirements.lock").read_text() + (root / "torch.lock").read_text(),
        re.MULTILINE,
    )
    pinned = {name for name, _ in blocks}

    assert {re.sub("[._]", "-", name.lower()) for name in asked} - {"mezzotint"} <= pinned
    assert not pinned & {"mezzotint", "triton", "pip"}
    assert not any(name.startswith(("nvidia-", "cuda-")) for name in pinned)


@pytest.mark.parametrize("name", ["requirements.lock", "torch.lock", "pyproject.toml", "Makefile", "requirements.sh"])
def test_no_file_of_the_packaging_names_a_registry_or_a_path_of_one_machine(root: Path, name: str) -> None:
    text = (root / name).read_text()

    assert re.findall(r"https?://|file:|--(?:extra-)?index-url http|/home/|/tmp/", text) == []


def test_the_distribution_can_not_be_uploaded(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]

    assert "Private :: Do Not Upload" in project["classifiers"]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_the_service_is_installed_anew_although_no_lock_changed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    shutil.copy("/bin/sh", tmp_path / "bin" / "python")
    (tmp_path / ".ready").touch()
    command = ["make", "-n", "install-service", f"PREFIX={tmp_path}"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)

    assert "--no-build-isolation ." in result.stdout


FLOORS = {
    "torch": "2.10",
    "diffusers": "0.38.0",
    "safetensors": "0.8.0",
    "transformers": "5.5.0",
    "pillow": "12.3.0",
    "starlette": "1.3.1",
    "h11": "0.16.0",
    "python-multipart": "0.0.27",
    "aiohttp": "3.14.3",
}
"""Older ones have known holes. The last two come with other packages, if at all."""


@pytest.mark.parametrize("name", FLOORS)
def test_no_library_with_a_known_hole_is_installed(name: str) -> None:
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        assert name in ("python-multipart", "aiohttp")
        return

    assert Version(installed) >= Version(FLOORS[name])


@pytest.mark.parametrize("lock", ["requirements.lock", "torch.lock"])
def test_every_line_of_a_lock_is_one_version_with_its_hashes(root: Path, lock: str) -> None:
    text = re.sub(r"^\s*#.*\n", "", (root / lock).read_text(), flags=re.MULTILINE)
    entries = re.split(r"(?<!\\)\n", text.strip())
    entry = re.compile(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+( ;[^\\]+)? (\\\s+--hash=sha256:[0-9a-f]{64}\s*)+(#.*)?")

    assert len(entries) >= 1
    assert [each[:80] for each in entries if not each.startswith("--") and not entry.fullmatch(each)] == []
