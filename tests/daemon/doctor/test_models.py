"""The registered models: there, fit, and what they were when they were registered."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from support.model_folders import model_folder

from daemon.doctor import models
from pipeline.models.registry import Registry

WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small model whose files are an hour old."""
    root = model_folder(tmp_path / "mine")
    for path in root.rglob("*"):
        os.utime(path, (time.time() - 3600,) * 2)
    return root


@pytest.fixture
def settings(given: Any, folder: Path) -> Any:
    made = given(models={"default": "mine"})
    Registry(made.models_file).add("mine", folder)
    return made


def _another_byte(path: Path, *, age_seconds: float) -> None:
    """Of the same length, so that only a look at every byte finds it."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, (time.time() - age_seconds,) * 2)


def test_models_as_they_were_registered_are_well(settings: Any, found: Any) -> None:
    for thorough in (False, True):
        findings = found(models.check_models, settings, thorough=thorough)
        assert {name: each.level for name, each in findings.items()} == {"model starter": "ok", "model mine": "ok"}


def test_a_model_whose_folder_is_gone_is_found(settings: Any, found: Any, folder: Path) -> None:
    shutil.rmtree(folder)
    finding = found(models.check_models, settings)["model mine"]
    assert (finding.level, "folder is gone" in finding.detail) == ("fail", True)
    assert "mezzotint models remove mine" in str(finding.hint)


def test_a_model_that_can_not_be_loaded_is_found(settings: Any, found: Any, folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"no weights")
    finding = found(models.check_models, settings)["model mine"]
    assert (finding.level, finding.hint) == ("fail", "mezzotint models check mine")


def test_a_file_that_came_or_went_is_found_in_passing(settings: Any, found: Any, folder: Path) -> None:
    (folder / "unet" / "more.json").write_text("{}")
    finding = found(models.check_models, settings)["model mine"]
    assert (finding.level, finding.detail) == ("fail", "is not what was registered: unet/more.json")


def test_a_file_that_was_written_since_is_told_and_a_thorough_look_decides(
    settings: Any, found: Any, folder: Path
) -> None:
    later = time.time() + 60
    os.utime(folder / WEIGHTS, (later, later))
    finding = found(models.check_models, settings)["model mine"]
    assert (finding.level, "--thorough" in str(finding.hint)) == ("warn", True)
    assert found(models.check_models, settings, thorough=True)["model mine"].level == "ok"


def test_another_byte_of_the_same_age_is_found_by_a_thorough_look(settings: Any, found: Any, folder: Path) -> None:
    _another_byte(folder / WEIGHTS, age_seconds=3600)
    assert found(models.check_models, settings)["model mine"].level == "ok"
    finding = found(models.check_models, settings, thorough=True)["model mine"]
    assert (finding.level, finding.detail) == ("fail", f"is not what was registered: {WEIGHTS}")


def test_a_default_that_is_not_registered_and_a_register_without_sense_are_found(given: Any, found: Any) -> None:
    settings = given(models={"default": "none"})
    assert found(models.check_models, settings)["models"].level == "fail"
    settings.models_file.write_text("{")
    findings = found(models.check_models, settings)
    assert (set(findings), findings["models"].level) == ({"models"}, "fail")
