"""All ways in which files come into a folder, with real events, real time and the whole front end: one job each."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.running_folder import running
from support.waiting import until

PROMPT = "a red apple"
WHAT = "it is taken"


async def plain(inbox: Path, outside: Path) -> None:
    (inbox / "a.txt").write_text(PROMPT)


async def slow(inbox: Path, outside: Path) -> None:
    with (inbox / "a.txt").open("w") as file:
        for part in (PROMPT[:3], PROMPT[3:7], PROMPT[7:]):
            file.write(part)
            file.flush()
            await asyncio.sleep(0.4)


async def reopened(inbox: Path, outside: Path) -> None:
    for part in (PROMPT[:3], PROMPT[3:7], PROMPT[7:]):
        with (inbox / "a.txt").open("a") as file:
            file.write(part)
        await asyncio.sleep(0.1)


async def renamed(inbox: Path, outside: Path) -> None:
    (inbox / "a.txt.part").write_text(PROMPT)
    await asyncio.sleep(0.4)
    (inbox / "a.txt.part").rename(inbox / "a.txt")


async def moved_in(inbox: Path, outside: Path) -> None:
    (outside / "a.txt").write_text(PROMPT)
    (outside / "a.txt").rename(inbox / "a.txt")


async def hard_link(inbox: Path, outside: Path) -> None:
    (outside / "a.txt").write_text(PROMPT)
    os.link(outside / "a.txt", inbox / "a.txt")


async def folder_moved_in(inbox: Path, outside: Path) -> None:
    (outside / "sub" / "deep").mkdir(parents=True)
    (outside / "sub" / "deep" / "a.txt").write_text(PROMPT)
    (outside / "sub").rename(inbox / "sub")


async def made_and_written_at_once(inbox: Path, outside: Path) -> None:
    (inbox / "x" / "y" / "z").mkdir(parents=True)
    (inbox / "x" / "y" / "z" / "a.txt").write_text(PROMPT)


async def copied_tree(inbox: Path, outside: Path) -> None:
    (outside / "tree" / "one").mkdir(parents=True)
    (outside / "tree" / "one" / "a.txt").write_text(PROMPT)
    shutil.copytree(outside / "tree", inbox / "tree")


async def written_later_in_a_new_folder(inbox: Path, outside: Path) -> None:
    (inbox / "new").mkdir()
    await asyncio.sleep(0.8)
    (inbox / "new" / "a.txt").write_text(PROMPT)


async def replaced(inbox: Path, outside: Path) -> None:
    (inbox / "a.txt").write_text(PROMPT[:4])
    await asyncio.sleep(0.1)
    (outside / "full.txt").write_text(PROMPT)
    os.replace(outside / "full.txt", inbox / "a.txt")


ACTIONS = [
    plain,
    slow,
    reopened,
    renamed,
    moved_in,
    hard_link,
    folder_moved_in,
    made_and_written_at_once,
    copied_tree,
    written_later_in_a_new_folder,
    replaced,
]


POLLED = {plain, slow, folder_moved_in}
"""With these alone looking is tried in every run: to it, most ways in are the same."""


def cases() -> list[Any]:
    """Each action with events, and by looking."""
    return [
        pytest.param(
            action,
            events,
            id=f"{action.__name__}-{events}",
            marks=[pytest.mark.slow] if events == "poll" and action not in POLLED else [],
        )
        for action in ACTIONS
        for events in ("inotify", "poll")
    ]


@pytest.mark.parametrize(("action", "events"), cases())
async def test_each_way_into_the_folder_gives_exactly_one_job(tmp_path: Path, action: Any, events: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    async with running(tmp_path / "state", events) as (service, inbox):
        await action(inbox, outside)
        await until(lambda: bool(service.prompts), WHAT, 20)
        await asyncio.sleep(0.6)  # and no second one
    assert service.prompts == [PROMPT]


@pytest.mark.parametrize("events", ["inotify", "poll"])
async def test_a_link_gives_no_job_and_what_comes_after_it_does(tmp_path: Path, events: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    async with running(tmp_path / "state", events) as (service, inbox):
        (inbox / "link.txt").symlink_to(tmp_path / "secret.txt")
        (inbox / "a.txt").write_text(PROMPT)
        await until(lambda: bool(service.prompts), WHAT, 20)
    assert service.prompts == [PROMPT]
    assert (inbox / "link.txt").is_symlink()


async def test_a_file_renamed_in_the_folder_does_not_wait_to_settle(tmp_path: Path) -> None:
    """Settling would take a minute here. Result: it is taken at once, because a rename makes a file whole."""
    async with running(tmp_path / "state", settle_seconds=60) as (service, inbox):
        await renamed(inbox, tmp_path)
        await until(lambda: bool(service.prompts), WHAT)
    assert service.prompts == [PROMPT]


@pytest.mark.parametrize("events", ["inotify", "poll"])
async def test_a_folder_that_is_removed_and_made_again_is_looked_at_as_before(tmp_path: Path, events: str) -> None:
    """The events of the old folder never come again. Result: its removal is noticed, and what is dropped is found."""
    async with running(tmp_path / "state", events) as (service, inbox):
        shutil.rmtree(inbox)
        await asyncio.sleep(0.2)
        inbox.mkdir(exist_ok=True)
        (inbox / "a.txt").write_text(PROMPT)
        await until(lambda: bool(service.prompts), WHAT, 20)
    assert service.prompts == [PROMPT]


async def test_from_drop_to_done_with_deliveries(tmp_path: Path) -> None:
    async with running(tmp_path / "state") as (service, inbox):
        (inbox / "a.txt").write_text("one\ntwo\n")
        await until(lambda: len(service.prompts) == 2, WHAT, 20)
        service.draw()
        await service.deliver()
        await until(lambda: any((tmp_path / "state" / "done").glob("*/a.txt")), WHAT, 20)
    assert sorted(path.name for path in (tmp_path / "state" / "outbox").glob("*.png")) == ["a-0001.png", "a-0002.png"]
