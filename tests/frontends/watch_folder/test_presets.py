"""Sub-folders with their own settings."""

from __future__ import annotations

from typing import Any


async def test_a_subfolder_without_settings_inherits_its_parents(make_world: Any) -> None:
    world = make_world(preset={"steps": 9}, priority=3)
    world.drop("high/folder.toml", 'priority = 10\ntags = ["urgent"]\n[preset]\nsteps = 30\ncfg = 4\n')
    world.drop("high/portrait/folder.toml", 'tags = ["face"]\n[preset]\nsize = "64x128"\n')
    world.drop("a.txt", "plain")
    world.drop("high/b.txt", "high")
    world.drop("high/deep/c.txt", "inherits")
    world.drop("high/portrait/d.toml", 'prompt = "own"\nsteps = 5\npriority = -1\ntags = ["x"]')
    await world.finish()
    jobs = {job.request.prompt: job for job in world.service.jobs_by_id.values()}
    assert {prompt: (job.request.steps, job.priority) for prompt, job in jobs.items()} == {
        "plain": (9, 3),
        "high": (30, 10),
        "inherits": (30, 10),
        "own": (5, -1),
    }
    assert jobs["inherits"].request.guidance_scale == 4
    assert jobs["own"].request.height == 128
    assert jobs["own"].origin.address["tags"] == ["urgent", "face", "x"]
    assert world.results == ["a.png", "high/b.png", "high/deep/c.png", "high/portrait/d.png"]
    assert world.done == [
        f"2027-01-15/{name}" for name in ("a.txt", "high/b.txt", "high/deep/c.txt", "high/portrait/d.toml")
    ]
    assert sorted(world.left) == ["high/folder.toml", "high/portrait/folder.toml"]


async def test_a_lane_may_be_less_urgent_than_the_folder_but_not_more(world: Any) -> None:
    world.drop("slow/folder.toml", 'lane = "background"')
    world.drop("slow/a.txt", "slow")
    world.drop("b.toml", 'prompt = "pushy"\nlane = "interactive"')
    await world.finish()
    [job] = world.service.jobs_by_id.values()
    assert (job.request.prompt, job.lane) == ("slow", "background")
    assert "lane interactive is more urgent than this folder may be (folder)" in world.error("b.toml")


async def test_broken_folder_settings_are_named_in_the_error_of_the_order(world: Any) -> None:
    world.drop("x/folder.toml", "lane = ")
    world.drop("x/a.txt")
    world.drop("y/folder.toml", "[preset]\nstepps = 3")
    world.drop("y/a.txt")
    world.drop("z/folder.toml", "steps = 3")
    world.drop("z/a.txt")
    await world.finish()
    assert "x/folder.toml can't be read" in world.error("x/a.txt")
    assert "preset.stepps is not a field" in world.error("y/a.txt")
    assert "request fields belong under [preset]" in world.error("z/a.txt")
    world.drop("x/folder.toml", "")
    (world.places.failed / "x" / "a.txt").rename(world.inbox / "x" / "a.txt")
    await world.finish()
    assert world.service.prompts == ["a red apple"]


async def test_folder_settings_behind_a_link_are_not_read(world: Any) -> None:
    outside = world.state_dir / "outside.toml"
    outside.write_text("[preset]\nsteps = 30\n")
    (world.inbox / "x").mkdir()
    (world.inbox / "x" / "folder.toml").symlink_to(outside)
    world.drop("x/a.txt")
    await world.settle()
    assert all(job.request.steps != 30 for job in world.service.jobs_by_id.values())


async def test_a_file_that_appears_again_is_a_new_order(world: Any) -> None:
    for _ in range(2):
        world.drop("a.txt")
        await world.finish()
    assert len(world.service.prompts) == 2
    assert world.results == ["a.2.png", "a.png"]
    assert world.done == ["2027-01-15/a.2.txt", "2027-01-15/a.txt"]


async def test_a_folder_may_skip_what_it_has_drawn_already(make_world: Any) -> None:
    world = make_world(repeat="skip")
    for name in ("a.txt", "b.txt", "c.txt"):
        world.drop(name)
        await world.finish()
    assert world.service.prompts == ["a red apple"]
    assert world.results == ["a.png"]
    assert world.done == ["2027-01-15/a.txt", "2027-01-15/b.txt", "2027-01-15/c.txt"]
    world.drop("folder.toml", "[preset]\nsteps = 30")
    world.drop("d.txt")
    await world.finish()
    assert len(world.service.prompts) == 2, "other settings make another picture"


async def test_a_folder_may_bring_the_earlier_pictures_once_more(make_world: Any) -> None:
    world = make_world(repeat="link")
    for name in ("a.txt", "b.txt", "c.txt"):
        world.drop(name, "one\ntwo\n")
        await world.finish()
    assert world.service.prompts == ["one", "two"]
    assert world.results == [f"{stem}-000{line}.png" for stem in "abc" for line in (1, 2)]
    outbox = world.places.outbox
    assert (outbox / "c-0002.png").read_bytes() == (outbox / "a-0002.png").read_bytes()


async def test_what_failed_is_drawn_again_also_where_repeats_are_skipped(make_world: Any) -> None:
    world = make_world(repeat="skip")
    world.drop("a.jsonl", '"one"\n{"prompt": "two", "steps": 0}\n')
    await world.finish()
    (world.places.failed / "a.jsonl").rename(world.inbox / "a.jsonl")
    await world.finish()
    assert world.service.prompts == ["one", "one"]
