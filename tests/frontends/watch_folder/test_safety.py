"""What strangers may put into a folder, and what must not come of it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.folders import places
from config.settings import FolderSettings, Settings, WatchFolderSettings
from frontends.contract import Misconfigured
from frontends.files import paths
from frontends.watch_folder import WatchFolders, claiming
from frontends.watch_folder.claiming import Claim, GoneError


async def test_links_pipes_sockets_and_devices_are_left_where_they_are_and_told_once(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = world.state_dir / "secret.txt"
    secret.write_text("not for you")
    (world.inbox / "link.txt").symlink_to(secret)
    (world.inbox / "dangling.txt").symlink_to("/nowhere")
    (world.inbox / "folder").symlink_to(world.state_dir)
    os.mkfifo(world.inbox / "pipe.txt")
    with _bound_socket(world.inbox / "s.txt"):
        await world.settle()
        await world.settle()
    assert world.service.prompts == []
    assert secret.read_text() == "not for you"
    assert world.left == ["dangling.txt", "folder", "link.txt", "pipe.txt", "s.txt"]
    said = capsys.readouterr().out
    assert all(said.count(f"file={name} ") == 1 for name in world.left)


@contextmanager
def _bound_socket(path: Path) -> Iterator[None]:
    """Bound by a relative name: socket paths are short."""
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
            yield
    finally:
        os.chdir(here)


async def test_a_directory_swapped_for_a_link_leads_nowhere(world: Any) -> None:
    """1. sub/a.txt is looked at. 2. sub becomes a link to another a.txt. Result: that one is not touched."""
    outside = world.state_dir / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("theirs")
    stat = (outside / "a.txt").stat()
    (world.inbox / "sub").symlink_to(outside)
    claim = Claim("0" * 16, "sub/a.txt", stat.st_ino, stat.st_size, stat.st_mtime_ns, False)
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        claiming.take(world.inbox, claim)
    assert (outside / "a.txt").read_text() == "theirs"


async def test_a_processing_directory_that_is_a_link_is_not_used(world: Any) -> None:
    outside = world.state_dir / "outside"
    outside.mkdir()
    (world.inbox / ".processing").symlink_to(outside)
    world.drop("a.txt")
    await world.settle()
    assert list(outside.iterdir()) == []
    assert world.service.prompts == []
    assert "degraded" in world.folder.status()


def test_names_that_lead_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "a.txt").write_text("x")
    for parts in (("..",), (".",), ("a/b",)):
        with pytest.raises(paths.NotAFileError), paths.directory(tmp_path / "inbox", parts):
            pass
    with pytest.raises((paths.NotAFileError, GoneError)):
        claiming.ready(tmp_path / "inbox", "../a.txt")


ODD = [
    b"new\nline.txt",
    b"tab\tand\x01control.txt",
    b"caf\xe9-latin1.txt",
    "grüße 🐈.txt".encode(),
    b"x" * 251 + b".txt",
    "ü".encode() * 125 + b".txt",
    b"a b & $(reboot) ; 'q' \"d\".txt",
    b"-rf.txt",
    b"%2e%2e%2f.txt",
    b"CON.txt",
    b"a.TXT",
]


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
async def test_odd_names_are_drawn_and_their_results_have_plain_names(world: Any, name: bytes) -> None:
    world.drop(os.fsdecode(name))
    await world.finish()
    assert world.service.prompts == ["a red apple"]
    [result] = world.results
    assert result.isprintable()
    result.encode()
    assert [os.fsencode(done) for done in world.done] == [b"2027-01-15/" + name]


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
async def test_odd_names_get_their_error_text(world: Any, name: bytes) -> None:
    world.drop(os.fsdecode(name), "#")
    await world.finish()
    assert os.fsencode(world.failed[0]) in (name, name[:245] + b".error.txt") or name in map(os.fsencode, world.failed)
    assert sum(text.endswith(".error.txt") for text in world.failed) == 1


async def test_an_order_deep_in_folders_keeps_its_place(world: Any) -> None:
    deep = "/".join(["a-rather-long-name-of-a-folder-ü"] * 14)
    world.drop(f"{deep}/a.txt")
    await world.finish()
    assert world.results == [f"{deep}/a.png"]


async def test_a_tree_without_end_is_not_followed_for_ever(world: Any) -> None:
    world.drop("/".join(["x"] * 40) + "/a.txt")
    await world.settle()
    assert world.service.prompts == []
    assert "can't be read" in world.folder.status()


@pytest.mark.parametrize("key", ["outbox", "done", "failed"])
@pytest.mark.parametrize("inside", [True, False])
async def test_results_can_never_come_back_in(tmp_path: Path, world: Any, key: str, inside: bool) -> None:
    """Folders inside each other, also by a link, are refused."""
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    nested = tmp_path / "link" / "out" if inside else tmp_path
    settings = FolderSettings.model_validate({"path": tmp_path / "in", key: nested})
    assert places(tmp_path, settings).nested() == (key, nested)
    front_end = WatchFolders(
        Settings(state_dir=tmp_path / "state", watch_folder=WatchFolderSettings(folders=(settings,))),
        world.service,
        world.clock,
    )
    with pytest.raises(Misconfigured, match="lie inside each other"):
        await front_end.run()


async def test_one_watched_folder_may_not_lie_in_another_or_hold_its_outbox(tmp_path: Path, world: Any) -> None:
    first = FolderSettings(name="inbox", path=tmp_path / "in")
    for second in (
        FolderSettings(name="other", path=tmp_path / "in" / "sub"),
        FolderSettings(name="other", path=tmp_path / "in2", outbox=tmp_path / "in" / "out"),
    ):
        front_end = WatchFolders(
            Settings(state_dir=tmp_path / "s", watch_folder=WatchFolderSettings(folders=(first, second))),
            world.service,
            world.clock,
        )
        with pytest.raises(Misconfigured, match="lies inside the watched folder"):
            await front_end.run()
