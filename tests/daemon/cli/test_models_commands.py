from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline import starter


def test_the_starter_is_listed_and_shows_its_subjects(mezzotint: Any) -> None:
    (listed,) = json.loads(mezzotint("models", "list", "--json").stdout)
    assert listed["name"] == "starter"
    told = mezzotint("models", "show", "starter").stdout
    assert "apple" in told
    shown = json.loads(mezzotint("models", "show", "starter", "--json").stdout)
    assert tuple(shown["subjects"]) == tuple(starter.subjects())


def test_an_unknown_model_is_answered_with_the_nearest(mezzotint: Any) -> None:
    told = mezzotint("models", "show", "startr")
    assert told.returncode == 1
    assert "starter" in told.stderr


@pytest.mark.slow
def test_a_folder_is_added_used_by_its_name_and_removed(mezzotint: Any, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(starter.folder(), folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "training"))
    assert json.loads(mezzotint("models", "check", str(folder), "--json").stdout)["ok"] is True
    added = mezzotint("models", "add", "mine", str(folder), "--licence", "CC0-1.0")
    assert added.returncode == 0, added.stderr
    assert json.loads(mezzotint("models", "show", "mine", "--json").stdout)["licence"] == "CC0-1.0"
    assert mezzotint("models", "check", "mine").returncode == 0
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"changed")
    assert mezzotint("models", "check", "mine").returncode == 1
    assert mezzotint("models", "remove", "mine").returncode == 0
    assert mezzotint("models", "show", "mine").returncode == 1
    assert folder.is_dir()


def test_a_folder_with_code_is_refused_with_every_reason(mezzotint: Any, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "model.py").write_text("import os")
    (tmp_path / "bad" / "weights.bin").write_bytes(b"\x80\x04")
    done = mezzotint("models", "check", str(tmp_path / "bad"), "--json")
    view = json.loads(done.stdout)
    assert (done.returncode, view["ok"]) == (1, False)
    assert {"model.py", "weights.bin", "model_index.json"} <= {finding["file"] for finding in view["findings"]}
    assert mezzotint("models", "add", "bad", str(tmp_path / "bad")).returncode == 1
