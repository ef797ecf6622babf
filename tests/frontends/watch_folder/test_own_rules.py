"""Several folders with rules and owners of their own, and what is inherited through their sub-folders."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from support.fake_folder_service import FakeService
from support.waiting import until

from config.clock import now_ms
from config.settings import FolderSettings, Settings, WatchFolderSettings
from daemon.service.intake import OWNER
from frontends.watch_folder import WatchFolders


def jobs(world: Any) -> dict[str, Any]:
    return {job.request.prompt: job for job in world.service.jobs_by_id.values()}


async def test_folders_keep_to_their_own_owners_lanes_limits_presets_and_places(tmp_path: Path) -> None:
    quick = {"settle_seconds": 0.0, "scan_seconds": 0.2, "min_age_seconds": 0.0}
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for place in (ours, theirs):
        (place / "in").mkdir(parents=True)
    folders = (
        FolderSettings(
            name="ours",
            owner="team:ours",
            path=ours / "in",
            outbox=ours / "out",
            done=ours / "done",
            failed=ours / "failed",
            max_open_jobs=2,
            preset={"steps": 7},
            lane="background",
            **quick,  # type: ignore[arg-type]
        ),
        FolderSettings(
            name="theirs",
            path=theirs / "in",
            outbox=theirs / "out",
            done=theirs / "done",
            failed=theirs / "failed",
            accept=("structured",),
            priority=5,
            sidecar=False,
            **quick,  # type: ignore[arg-type]
        ),
    )
    service = FakeService(now_ms)
    settings = Settings(state_dir=tmp_path / "state", watch_folder=WatchFolderSettings(folders=folders))
    task = asyncio.create_task(WatchFolders(settings, service).run())  # type: ignore[arg-type]
    for number in range(3):
        (ours / "in" / f"{number}.txt").write_text(f"ours {number}")
    (theirs / "in" / "a.json").write_text('"theirs"')
    (theirs / "in" / "b.txt").write_text("not taken")
    try:
        await until(lambda: len(service.prompts) == 3, "two of ours and one of theirs")
        await until(lambda: (theirs / "failed" / "b.txt").exists(), "the other kind has failed")
        assert sum(prompt.startswith("ours") for prompt in service.prompts) == 2
        service.draw()
        await service.deliver()
        await until(lambda: len(service.prompts) == 4, "the third of ours")
        service.draw()
        await service.deliver()
        await until(
            lambda: len(list(ours.glob("done/*/*"))) == 3 and len(list(theirs.glob("done/*/*"))) == 1, "all done"
        )
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    found = {(job.owner, job.lane, job.priority, job.request.steps) for job in service.jobs_by_id.values()}
    assert found == {("team:ours", "background", 0, 7), ("folder:theirs", "folder", 5, 4)}
    assert len(list(ours.glob("out/*.png"))) == 3
    assert [path.name for path in theirs.glob("out/*")] == ["a.png"]
    assert ".txt files are not taken in this folder" in (theirs / "failed" / "b.txt.error.txt").read_text()


async def test_two_folders_of_one_owner_have_their_own_limits(make_world: Any) -> None:
    """Each may have three jobs open, whatever the other has."""
    world = make_world(owner="team:all", max_open_jobs=3)
    for number in range(5):
        world.drop(f"{number}.txt", f"first {number}")
    await world.settle()
    world.restart(name="inbox2", owner="team:all", max_open_jobs=3, path=world.inbox)
    await world.settle()
    assert len(world.service.prompts) == 5


@pytest.mark.parametrize("owner", ["team", "Team:x", "team:", "team:a b", ":x", "team:../x"])
def test_an_owner_that_the_queue_would_refuse_is_refused_in_the_settings(owner: str) -> None:
    assert not OWNER.fullmatch(owner)
    with pytest.raises(ValidationError, match="owner"):
        FolderSettings(owner=owner)


def test_an_owner_that_the_queue_takes_is_taken() -> None:
    assert OWNER.fullmatch("team:a.b-c@d")
    assert FolderSettings(owner="team:a.b-c@d").owner == "team:a.b-c@d"


async def test_pictures_that_come_alone_are_drawn_by_the_preset(make_world: Any, png: bytes) -> None:
    world = make_world(orphans="draw", preset={"prompt": "as a watercolour"})
    world.drop("cat.png", png)
    await world.finish()
    assert world.service.prompts == ["as a watercolour"]


async def test_pictures_that_come_alone_may_wait_for_their_sidecar(make_world: Any, png: bytes) -> None:
    world = make_world(orphans="wait", preset={"prompt": "as a watercolour"})
    world.drop("cat.png", png)
    for _ in range(30):
        await world.look(60)
    assert world.service.prompts == []
    assert world.left == ["cat.png"]
    world.drop("cat.txt", "make it blue")
    await world.finish()
    assert world.service.prompts == ["make it blue"]
    assert world.left == []


async def test_pictures_that_come_alone_may_fail_after_the_pairing_window(make_world: Any, png: bytes) -> None:
    world = make_world(orphans="fail", pairing_seconds=30, preset={"prompt": "as a watercolour"})
    world.drop("cat.png", png)
    await world.settle(25)
    assert world.left == ["cat.png"]
    await world.settle(20)
    await world.finish()
    assert world.service.prompts == []
    assert "came without the file that says what to make of it" in world.error("cat.png")


async def test_a_kind_that_a_folder_does_not_take_fails_with_those_that_it_takes(make_world: Any, png: bytes) -> None:
    world = make_world(accept=("pictures",), preset={"prompt": "in oil"})
    world.drop("a.csv", "prompt\na cat\n")
    world.drop("cat.png", png)
    world.drop("dog.png", png)
    world.drop("dog.txt", "beside a picture it is taken")
    await world.finish()
    assert sorted(world.service.prompts) == ["beside a picture it is taken", "in oil"]
    assert ".csv files are not taken in this folder (these are: .jpeg .jpg .png .webp)" in world.error("a.csv")


async def test_the_nearest_word_counts_from_the_entry_down_to_the_models_default(make_world: Any) -> None:
    """Entry > deepest folder.toml > folder.toml above > settings > model, for fields, lane, priority and repeat."""
    world = make_world(preset={"steps": 11, "guidance_scale": 1.0, "negative_prompt": "n"}, priority=1)
    world.drop("one/folder.toml", "priority = 2\n[preset]\nsteps = 12\nguidance_scale = 2.0")
    world.drop("one/two/folder.toml", 'lane = "scheduled"\n[preset]\nsteps = 13')
    world.drop("one/two/three/folder.toml", "priority = 4")
    for place in ("", "one/", "one/two/", "one/two/three/"):
        world.drop(f"{place}p.txt", f"in {place}")
    world.drop("one/two/three/own.toml", 'prompt = "own"\nsteps = 14\npriority = 9\nlane = "background"')
    await world.finish()
    found = {
        prompt: (job.request.steps, job.request.guidance_scale, job.request.negative_prompt, job.priority, job.lane)
        for prompt, job in jobs(world).items()
    }
    assert found == {
        "in": (11, 1.0, "n", 1, "folder"),
        "in one/": (12, 2.0, "n", 2, "folder"),
        "in one/two/": (13, 2.0, "n", 2, "scheduled"),
        "in one/two/three/": (13, 2.0, "n", 4, "scheduled"),
        "own": (14, 2.0, "n", 9, "background"),
    }
    [width] = {job.request.width for job in jobs(world).values()}
    assert width in (64, 256), "the model's own default, of the stand-in or of the starter"


async def test_what_is_inherited_can_be_cleared_and_set_again_below(make_world: Any) -> None:
    world = make_world(preset={"steps": 11, "negative_prompt": "n"})
    world.drop("a/folder.toml", 'tags = ["x"]\nclear = ["steps"]')
    world.drop("a/b/folder.toml", 'tags = ["y"]\nclear = ["preset", "tags"]\n[preset]\nguidance_scale = 2.0')
    world.drop("a/b/c/folder.toml", "[preset]\nsteps = 20")
    for place in ("", "a/", "a/b/", "a/b/c/"):
        world.drop(f"{place}p.txt", f"in {place}")
    await world.finish()
    world.drop("model.txt", "the model's own")
    world.drop("folder.toml", 'clear = ["preset"]')
    await world.finish()
    own = jobs(world)["the model's own"].request.steps
    found = {
        prompt: (job.request.steps, job.request.negative_prompt, job.origin.address.get("tags"))
        for prompt, job in jobs(world).items()
    }
    assert found == {
        "in": (11, "n", None),
        "in a/": (own, "n", ["x"]),
        "in a/b/": (own, "", ["y"]),
        "in a/b/c/": (20, "", ["y"]),
        "the model's own": (own, "", None),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lane = ", "x/folder.toml can't be read: Invalid value (at end of document, line 1)"),
        ("\n\nlane = [\n\n1 2", "x/folder.toml can't be read: Unclosed array (at line 5, column 3)"),
        ("\n\npriority = 1000", "x/folder.toml (line 3): priority must be a whole number"),
        ("[preset]\n\nstepps = 3", "x/folder.toml (line 3): preset.stepps is not a field"),
        ('\nlane = "interactive"', "x/folder.toml (line 2): lane interactive is more urgent"),
        ("\nsteps = 3", "x/folder.toml (line 2): steps is not known here"),
        ('clear = ["prompt", "wings"]', "x/folder.toml (line 1): clear: 'wings' can't be cleared"),
        ("clear = 3", "x/folder.toml (line 1): clear must be a list of names"),
        ('repeat = "never"', "x/folder.toml (line 1): repeat must be again, skip or link"),
    ],
)
async def test_a_broken_folder_toml_is_named_with_its_line_and_nothing_below_it_is_drawn(
    world: Any, text: str, said: str
) -> None:
    world.drop("x/folder.toml", text)
    world.drop("x/deep/a.txt")
    world.drop("b.txt", "elsewhere")
    await world.finish()
    assert said in world.error("x/deep/a.txt")
    assert "mend x/folder.toml first" in world.error("x/deep/a.txt")
    assert world.service.prompts == ["elsewhere"]
