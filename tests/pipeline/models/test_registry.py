from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.model_folders import INDEX, model_folder, safetensors, write_json

from config.errors import ConflictError, FatalError, NotFoundError, UserError
from pipeline import starter
from pipeline.models import registry as registries
from pipeline.models.fingerprint import fingerprint
from pipeline.models.registry import Registry, place
from pipeline.request import Defaults


@pytest.fixture
def models(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "state" / "models.json")


def test_the_starter_is_always_there(models: Registry) -> None:
    entry = models.get("starter")
    assert (entry.family, entry.licence, entry.path) == ("sd", "Apache-2.0", starter.folder())
    assert entry.defaults == Defaults(
        width=256, height=256, steps=18, guidance_scale=4.0, scheduler="DPM++ 2M", denoising_strength=0.6
    )
    assert entry.subjects == starter.subjects()
    assert [each.name for each in models.list()] == ["starter"]


def test_a_model_is_added_found_and_removed(models: Registry, tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    added = models.add("mine", root, licence="MIT", revision="a" * 40, description="Mine.")
    assert models.get("mine") == added
    assert (added.family, added.licence, added.revision, added.path) == ("sd", "MIT", "a" * 40, root)
    assert added.defaults.width == 512
    assert added.sha256 == fingerprint(root)
    assert [each.name for each in models.list()] == ["starter", "mine"]
    told = place(added)
    assert (told.name, told.path, told.family, told.sha256) == ("mine", str(root), "sd", added.sha256)
    models.remove("mine")
    assert [each.name for each in models.list()] == ["starter"]
    assert root.is_dir()


def test_another_process_sees_what_was_added(models: Registry, tmp_path: Path) -> None:
    other = Registry(tmp_path / "state" / "models.json")
    assert len(other.list()) == 1
    models.add("mine", model_folder(tmp_path / "mine"))
    assert other.get("mine") == models.get("mine")
    models.remove("mine")
    with pytest.raises(NotFoundError):
        other.get("mine")


def test_a_model_without_a_licence_says_so(models: Registry, tmp_path: Path) -> None:
    assert models.add("mine", model_folder(tmp_path / "mine")).licence == "unknown"


def test_a_folder_may_say_how_it_draws(models: Registry, tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    write_json(
        root / "mezzotint.json",
        {"licence": "CC0-1.0", "description": "Cats.", "defaults": {"width": 384, "steps": 7}, "subjects": "s.json"},
    )
    write_json(root / "s.json", {"subjects": ["cat", "kitten"]})
    added = models.add("cats", root)
    assert (added.licence, added.description, added.subjects) == ("CC0-1.0", "Cats.", ("cat", "kitten"))
    assert (added.defaults.width, added.defaults.height, added.defaults.steps) == (384, 512, 7)


@pytest.mark.parametrize("words", [{"defaults": {"width": 100}}, {"defaults": {"stpes": 3}}, {"defaults": 3}, []])
def test_a_folder_that_describes_itself_wrongly_is_refused(words: object, models: Registry, tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    write_json(root / "mezzotint.json", words)
    with pytest.raises(UserError, match=r"mezzotint\.json"):
        models.add("mine", root)


def test_a_list_of_subjects_outside_the_folder_is_not_read(models: Registry, tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    write_json(tmp_path / "s.json", {"subjects": ["secret"]})
    write_json(root / "mezzotint.json", {"subjects": "../s.json"})
    assert models.add("mine", root).subjects is None


def test_the_family_comes_from_the_pipeline_class(models: Registry, tmp_path: Path) -> None:
    root = model_folder(tmp_path / "large")
    write_json(root / "model_index.json", {**INDEX, "_class_name": "StableDiffusionXLPipeline"})
    added = models.add("large", root)
    assert (added.family, added.defaults.width) == ("sdxl", 1024)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../evil", "a/b", "/etc", "a\\b", "a\0b", "A", "é", "-a", "a b", "a\n", "a" * 65, "%2e%2e", "a:b"],
)
def test_a_name_that_could_mean_something_else_is_refused(name: str, models: Registry, tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    with pytest.raises(UserError) as refused:
        models.add(name, root)
    assert refused.value.field == "name"
    with pytest.raises(NotFoundError):
        models.get(name)


def test_a_taken_name_is_a_conflict(models: Registry, tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    models.add("mine", root)
    with pytest.raises(ConflictError):
        models.add("mine", root)
    with pytest.raises(ConflictError):
        models.add("starter", root)
    with pytest.raises(ConflictError):
        models.remove("starter")


def test_an_unknown_name_is_answered_with_the_nearest(models: Registry) -> None:
    with pytest.raises(NotFoundError) as refused:
        models.get("strater")
    assert refused.value.field == "model"
    assert "starter" in (refused.value.hint or "")
    with pytest.raises(NotFoundError):
        models.remove("nothing")


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    file = tmp_path / "models.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: Registry(file).add(f"model-{n}", root), range(24)))
    assert len(Registry(file).list()) == 25
    assert [left.name for left in tmp_path.glob(".models-*")] == []


def test_writers_in_other_processes_wait_for_each_other(tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    code = (
        "import sys; from pathlib import Path; from pipeline.models.registry import Registry\n"
        "for n in range(8): Registry(Path(sys.argv[1])).add(f'{sys.argv[2]}-{n}', Path(sys.argv[3]))\n"
    )
    arguments = [str(tmp_path / "models.json"), "name", str(root)]
    home = starter.folder().parent.parent
    running = [
        subprocess.Popen([sys.executable, "-c", code, arguments[0], f"w{number}", arguments[2]], cwd=home)
        for number in range(3)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(Registry(tmp_path / "models.json").list()) == 25


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "3", '{"format": 9, "models": []}', '{"format": 1, "models": [{}]}']
)
def test_a_damaged_registry_is_said_and_never_overwritten(content: str, tmp_path: Path) -> None:
    file = tmp_path / "models.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(FatalError):
        Registry(file).list()
    with pytest.raises(FatalError):
        Registry(file).add("mine", model_folder(tmp_path / "mine"))
    assert file.read_text(encoding="utf-8") == content


def test_a_lookup_costs_no_reading_of_files(models: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models.add("mine", model_folder(tmp_path / "mine"))
    models.get("mine"), models.get("starter")
    monkeypatch.setattr(registries, "fingerprint", lambda *_: pytest.fail("hashed again"))
    monkeypatch.setattr(json, "loads", lambda *_, **__: pytest.fail("parsed again"))
    assert models.get("mine").name == "mine"
    assert models.get("starter").name == "starter"


def test_a_changed_weight_changes_the_fingerprint_and_a_changed_card_does_not(models: Registry, tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    added = models.add("mine", root)
    (root / "README.md").write_text("Another card.\n", encoding="utf-8")
    assert models.is_unchanged(added)
    (root / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(safetensors(data=b"\x01" * 16))
    assert not models.is_unchanged(added)


def test_a_moved_file_changes_the_fingerprint(tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    before = fingerprint(root)
    (root / "vae" / "config.json").rename(root / "vae" / "other.json")
    assert fingerprint(root) != before


def test_a_folder_that_went_away_is_not_unchanged(models: Registry, tmp_path: Path) -> None:
    root = model_folder(tmp_path / "mine")
    added = models.add("mine", root)
    root.rename(tmp_path / "moved")
    assert not models.is_unchanged(added)
