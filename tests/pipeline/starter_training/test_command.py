"""The command from end to end with tiny networks, and what it says when it can't."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from pipeline.starter.training import __main__ as command
from pipeline.starter.training import collect, subjects
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.stages import plan

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _loud_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command turns off holds for a whole process, other tests included."""
    monkeypatch.setattr(command, "_quiet_libraries", lambda: None)


def test_it_trains_draws_a_sheet_and_evaluates(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data", str(data), "--out", str(tmp_path), "--device", "cpu"]
    seconds = "unet=0.2,polish=0.1,clip=0.2,control=0.2"

    assert command.main(["train", "--tiny", "--seconds", seconds, *common]) == command.DONE
    assert command.main(["sheet", "--steps", "1", *common[2:]]) == command.DONE
    small = ["--scenes", "60", "--prompts", "6", "--controlled", "2", "--steps", "1"]
    assert command.main(["evaluate", "--tiny", *small, *common]) == command.DONE

    assert "right_caption_first: " in capsys.readouterr().out
    figures = json.loads((tmp_path / "evaluation" / "figures.json").read_text())
    assert figures["judged"]["right_caption_first"]["of"] == 60
    assert set(figures["stages"]) == {"unet", "polish", "clip", "control"}
    assert set(figures["control"]) == {"with", "without"}
    assert figures["painted"]["background_colour"]["share"] in (1.0, None)
    assert {file.name for file in (tmp_path / "evaluation").iterdir()} == {
        "card.md",
        "control.png",
        "figures.json",
        "prompts.png",
        "samples.png",
    }
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (1024, 512)


def test_it_leaves_in_time_and_says_so(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["train", "--tiny", "--stages", "unet", "--leave-after", "0.01", "--device", "cpu"]

    assert command.main([*asked, "--data", str(data), "--out", str(tmp_path)]) == command.UNFINISHED
    assert "go on with --resume" in capsys.readouterr().out
    again = [*asked[:-4], "--resume", "--seconds", "unet=0.1", "--device", "cpu"]
    assert command.main([*again, "--data", str(data), "--out", str(tmp_path)]) == command.DONE


def test_carried_weights_start_another_run(data: Path, tmp_path: Path) -> None:
    asked = ["train", "--tiny", "--stages", "unet", "--seconds", "unet=0.1", "--device", "cpu", "--data", str(data)]

    assert command.main([*asked, "--out", str(tmp_path / "one")]) == command.DONE
    carried = str(tmp_path / "one" / "light" / "unet")
    assert command.main([*asked, "--out", str(tmp_path / "two"), "--start-from", carried]) == command.DONE


def files(out: Path) -> dict[str, bytes]:
    """The weights in the folders of a run."""
    return {
        str(file.relative_to(out)): file.read_bytes()
        for name in ("starter", "starter-control-edges")
        for file in (out / name).rglob("*.safetensors")
    }


def test_folders_are_assembled_from_carried_weights_alone(data: Path, tmp_path: Path) -> None:
    """
    1. All stages are run in one place.
    2. Elsewhere only the weights of polish are brought; the folder is assembled and the stages after it are run.
    3. In a third place all of ``light/`` is brought and assembled.
    Result: the stages run without checkpoints, and the third place has the folders of the first, bit for bit.
    """
    common = ["--tiny", "--data", str(data), "--device", "cpu"]
    seconds = ["--seconds", "unet=0.2,polish=0.1,clip=0.2,control=0.2"]
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    assert command.main(["train", *seconds, *common, "--out", str(one)]) == command.DONE

    shutil.copytree(one / "light" / "polish", two / "light" / "polish")
    assert command.main(["assemble", *common, "--out", str(two)]) == command.DONE
    assert command.main(["train", "--stages", "clip,control", *seconds, *common, "--out", str(two)]) == command.DONE
    shutil.copytree(one / "light", three / "light")
    assert command.main(["assemble", *common, "--out", str(three)]) == command.DONE

    assert files(three) == files(one)
    assert files(two).keys() == files(one).keys()


def test_a_batch_is_that_of_one_stage() -> None:
    plans = command._plans(plan.FULL, command._parser().parse_args(["train", "--batch", "unet=256,control=64"]))

    assert {stage: each.batch for stage, each in plans.items()} == {
        "unet": 256,
        "polish": 512,
        "clip": 1024,
        "control": 64,
    }


def test_nothing_is_assembled_from_nothing(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["assemble", "--tiny", "--data", str(data), "--out", str(tmp_path)]) == command.CANT

    assert "bring all parts" in capsys.readouterr().err


def test_what_it_can_not_do_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["train", "--data", str(tmp_path)]) == command.CANT
    assert command.main(["sheet", "--out", str(tmp_path)]) == command.CANT

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("error: ") for line in lines)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--stages", "vae"],
        ["--seconds", "unet"],
        ["--seconds", "unet=-1"],
        ["--rate", "other=1"],
        ["--batch", "unet=1.5"],
    ],
)
def test_wrong_words_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["train", *wrong])

    assert caught.value.code == 2
    assert wrong[0] in capsys.readouterr().err


def packages(folder: Path) -> None:
    """Four packages with two emoji each, in the forms in which they are published."""
    entries = [
        {"hexcode": "1F980", "label": "Crab", "tags": ["zodiac"], "group": 3},
        {"hexcode": "2764-FE0F", "label": "Red heart", "tags": [], "group": 0},
        {"hexcode": "1F1E6", "label": "A letter"},
        {"hexcode": "2B06", "label": "Up arrow", "group": 8},
    ]
    icons = {"icons": {"crab": {"body": "<g/>"}}}
    for name in collect.PACKAGES:
        (folder / name).mkdir(parents=True)
    (folder / collect.NAMES / "en").mkdir()
    (folder / collect.NAMES / "en" / "data.json").write_text(json.dumps(entries))
    for name in (collect.FLAT, collect.CARTOON):
        (folder / name / "icons.json").write_text(json.dumps(icons))
        (folder / name / "chars.json").write_text(json.dumps({"1f980": "crab"}))
    (folder / collect.GLOSSY / "assets").mkdir()
    for name in ("1f980", "2764"):
        Image.new("RGBA", (20, 20), "red").save(folder / collect.GLOSSY / "assets" / f"{name}.webp")


def test_the_pictures_are_collected_from_unpacked_packages(tmp_path: Path) -> None:
    packages(tmp_path / "emoji")
    asked: list[str] = []

    def draw(svg: str) -> bytes:
        asked.append(svg)
        written = io.BytesIO()
        Image.new("RGBA", (8, 8), "blue").save(written, "PNG")
        return written.getvalue()

    assert collect.collect(tmp_path / "emoji", tmp_path / "data", draw) == 2

    found = subjects.load(tmp_path / "data")
    assert [each.label for each in found.subjects] == ["crab", "red heart"]
    assert dict(found.subjects[0].pictures) == {"3d": 0, "flat": 1, "cartoon": 2}
    assert dict(found.subjects[1].pictures) == {"3d": 3}
    assert ['viewBox="0 0 32 32"' in svg for svg in asked] == [True, False]


def test_missing_packages_are_named_with_how_to_fetch_them(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="npm pack emojibase-data@17"):
        collect.collect(tmp_path, tmp_path / "data")


def test_a_missing_library_for_drawings_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages(tmp_path / "emoji")
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)

    with pytest.raises(TrainingError, match="pip install resvg_py"):
        collect.collect(tmp_path / "emoji", tmp_path / "data")
