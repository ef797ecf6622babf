"""Names and links made to mislead: whatever is dropped is drawn or fails with a reason, and nothing lands elsewhere."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from frontends.files import paths
from frontends.watch_folder import claiming
from frontends.watch_folder.claiming import Claim, GoneError
from frontends.watch_folder.looking.scan import Scan

STEMS = [
    *(b"..", b"...", b"..%2f..%2fetc%2fpasswd", b"%2e%2e", b"..\\..\\windows", b"\\\\server\\share", b"C:\\x", b"C:x"),
    *(b"~root", b"$HOME", b"$(reboot)", b"`id`", b";rm -rf x", b"&& true", b"| cat", b"> out", b"*", b"?", b"[a-z]"),
    *(b"-rf", b"--help", b"-", b"--", b" lead", b"trail ", b" ", b"\t", b"a\nb", b"a\r\nb", b"\x7f", b"\x01\x02"),
    *(b'"quoted"', b"'single'", b"a'b\"c", b"<script>alert(1)</script>", b"&amp;", b"{{7*7}}", b"%s%n%x", b"%00"),
    *(b"\x1b[31mred", b"\x1b]0;title\x07", b"\x9b31m", b"\x08\x08\x08", b"bytes:x", b"bytes:%2e%2e", b"#", b"a#b"),
    *(b"con", b"nul", b"aux", b"prn", b"com1", b"lpt9", b"CON.txt", b"clock$", b"desktop", b"a.", b"a..", b"a. ."),
    *(b"\xff", b"\xff\xfe", b"caf\xe9", b"\xc0\xae\xc0\xae", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\xffb" * 40),
    *(b"x" * 251, b"x" * 250, "\u00fc".encode() * 125, "\U0001f408".encode() * 62, b"." * 200, b"a" * 100 + b".b" * 70),
    *(
        each.encode()
        for each in ("\u202etxt.exe", "\u2066a\u2069", "\u200b", "\ufeffa", "a\u0301", "\u00e1", "\u2024\u2024")
    ),
    *(
        each.encode()
        for each in ("\uff0e\uff0e\uff0f", "\u2215etc", "\u2044etc", "\uff5c", "\u0430dmin", "\u03bf", "\u0130")
    ),
    *(each.encode() for each in ("\u2028", "\u2029", "\u0085", "\u00a0", "\u00ad", "\u115f", "\u3164", "\U000e0041")),
    *(
        b"folder.toml",
        b"a.error.txt",
        b"processing",
        b"outbox",
        b"done",
        b"failed",
        b"cat-0001",
        b"cat.png",
        b"cat.png.json",
    ),
    *(f"numbered {number} ({number})".encode() for number in range(120)),
]
ENDINGS = (b".txt", b".toml", b".TXT", b".json", b".csv")


def names() -> Iterator[bytes]:
    """Two hundred and some that a file system takes."""
    for number, stem in enumerate(STEMS):
        ending = ENDINGS[number % len(ENDINGS)]
        whole = (stem[: 255 - len(ending)] + ending).replace(b"/", b"_").replace(b"\0", b"_")
        yield whole


CONTENT = {
    b".txt": "a red apple",
    b".toml": 'prompt = "a red apple"',
    b".json": '"a red apple"',
    b".csv": "prompt\na red apple\n",
}


def all_files(root: Path) -> dict[bytes, tuple[int, int, bytes]]:
    """Everything below ``root`` that is no link: inode, time of change and content."""
    found = {}
    for directory, _, files in os.walk(os.fsencode(root)):
        for name in files:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                facts = os.stat(path)
                with open(path, "rb") as file:
                    found[path] = (facts.st_ino, facts.st_mtime_ns, file.read())
    return found


@pytest.mark.slow
async def test_two_hundred_hostile_names_are_drawn_or_fail_with_a_reason_and_nothing_lands_elsewhere(
    make_world: Any, tmp_path: Path
) -> None:
    world = make_world(max_open_jobs=1_000)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.txt").write_text("keep")
    before = all_files(outside)
    dropped = sorted(set(names()))
    assert len(dropped) >= 200
    for name in dropped:
        ending = os.path.splitext(name)[1].lower()
        (world.inbox / os.fsdecode(name)).write_text(CONTENT.get(ending, "?"))
    await world.finish(passes=6)
    left = [os.fsencode(name) for name in world.left]
    ours = [os.fsencode(name).partition(b"/")[2] for name in world.done]
    failed = [os.fsencode(name) for name in world.failed if not name.endswith(".error.txt")]
    assert sorted([*left, *ours, *failed]) == dropped, "each is in exactly one place"
    assert all(name.startswith((b".", b"~")) or name.endswith((b".error.txt", b"folder.toml.toml")) for name in left)
    reasons = [name for name in world.failed if name.endswith(".error.txt")]
    assert len(reasons) == len(failed)
    assert len(world.results) == len(ours)
    for name in world.files(world.places.outbox) + reasons:
        name.encode()
        assert name.isprintable() or name in reasons
        assert not name.startswith("/")
        assert ".." not in Path(name).parts
        assert len(os.fsencode(Path(name).name)) <= 255
    assert all_files(outside) == before
    places = [world.inbox, world.places.outbox, world.places.done, world.places.failed]
    elsewhere = [
        path
        for path in world.state_dir.rglob("*")
        if path.is_file() and not any(path.is_relative_to(place) for place in places)
    ]
    assert [path for path in elsewhere if path.parts[len(world.state_dir.parts)] not in OWN_FILES] == []


OWN_FILES = ("pictures", "inputs", "0.db", "0.db-wal", "0.db-shm", "models.json")


@contextmanager
def swapping(root: Path, outside: Path) -> Iterator[threading.Event]:
    """``root/sub`` is by turns a directory and a link to ``outside``, as fast as it goes."""
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            os.rename(root / "sub", root / ".kept")
            os.symlink(outside, root / "sub")
            os.unlink(root / "sub")
            os.rename(root / ".kept", root / "sub")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield over
    finally:
        over.set()
        thread.join()


@pytest.mark.slow
def test_a_directory_that_is_swapped_for_a_link_a_thousand_times_leads_nowhere(tmp_path: Path) -> None:
    """Looking, claiming and giving up while it is swapped. Result: nothing outside is read, moved or written."""
    root, outside = tmp_path / "inbox", tmp_path / "outside"
    (root / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (outside / "secret.png").write_text("secret")
    before = all_files(outside)
    facts = (outside / "secret.png").stat()
    with swapping(root, outside):
        for number in range(1_000):
            assert all("secret" not in seen.name for seen in Scan(root).files())
            claim = Claim(f"{number:016}", "sub/secret.png", facts.st_ino, facts.st_size, facts.st_mtime_ns, False)
            with pytest.raises((OSError, GoneError)):
                claiming.ready(root, "sub/secret.txt")
            with pytest.raises((OSError, GoneError)):
                claiming.take(root, claim)
            with suppress(OSError):
                claiming.give_up(root, claim)
    assert all_files(outside) == before
    assert sorted(os.listdir(outside)) == ["secret.png", "secret.txt"]
    assert not any("secret" in str(path) for path in root.rglob("*"))


def test_what_is_given_back_never_goes_through_a_link(tmp_path: Path) -> None:
    """1. A sidecar is in our hands. 2. Its directory became a link. Result: it stays with us."""
    root, outside = tmp_path / "inbox", tmp_path / "outside"
    home = root / paths.PROCESSING / ("0" * 16)
    home.mkdir(parents=True)
    outside.mkdir()
    (home / "cat.txt").write_text("ours")
    (root / "sub").symlink_to(outside)
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        claiming.give_up(root, Claim("0" * 16, "sub/cat.png", 1, 1, 1, False))
    assert os.listdir(outside) == []
    assert (home / "cat.txt").read_text() == "ours"
