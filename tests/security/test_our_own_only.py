"""What the daemon makes is for its own user, and what it imports is its own."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon

from daemon.cli.destination import Destination
from frontends.files import whole_files

HOSTILE = (
    "config",
    "daemon",
    "frontends",
    "pipeline",
    "storage",
    "torch",
    "PIL",
    "json",
    "sitecustomize",
    "usercustomize",
)


@pytest.mark.slow
@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_files_and_directories_are_for_the_owner_alone(tmp_path: Path, umask: int) -> None:
    """Over a run with a picture, an input picture, a killed daemon and the recovery after it."""
    before = os.umask(umask)
    live = LiveDaemon(tmp_path / "state")
    try:
        live.start()
        live.wait(live.submit("a plum", steps=1, width=64, height=64))
        live.kill()
        live.start()
        live.wait(live.submit("another", steps=1, width=64, height=64))
        wide = [
            f"{path.relative_to(tmp_path)} {stat.S_IMODE(path.lstat().st_mode):04o}"
            for path in [live.state_dir, *live.state_dir.rglob("*")]
            if path.lstat().st_mode & 0o077
        ]
    finally:
        os.umask(before)
        live.stop()
    assert wide == []


def test_an_outbox_is_shared_by_its_own_mode(tmp_path: Path) -> None:
    for mode, directory, file in ((0o700, 0o700, 0o600), (0o750, 0o750, 0o640), (0o777, 0o777, 0o666)):
        outbox = tmp_path / f"{mode:o}"
        outbox.mkdir()
        outbox.chmod(mode)
        with whole_files.directory(outbox, ("sub",)) as parent:
            whole_files.write(parent, "a.png", b"x")
        assert stat.S_IMODE((outbox / "sub").stat().st_mode) == directory
        assert stat.S_IMODE((outbox / "sub" / "a.png").stat().st_mode) == file


def test_a_copy_never_follows_a_link_that_waits_for_it(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "a.png").symlink_to(victim)
    (tmp_path / f".a.png.{os.getpid()}.part").symlink_to(victim)
    Destination(tmp_path / "a.png", force=True).write([("id", b"picture")])
    assert victim.read_text() == "precious"
    assert (tmp_path / "a.png").read_bytes() == b"picture"


@pytest.mark.slow
def test_modules_of_strangers_are_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hostile modules in the working directory, the state directory, the folder, and the home directory."""
    canary = tmp_path / "canary"
    state, home = tmp_path / "state", tmp_path / "home"
    site = home / ".local" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for place in (tmp_path, state, state / "inbox", home, site):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in HOSTILE:
            (place / f"{name}.py").write_text(f"open({str(canary)!r}, 'a').write({name!r})\n")
    state.chmod(0o700)
    monkeypatch.chdir(state)
    live = LiveDaemon(state, {"HOME": str(home)})
    live.cold = True  # it is its imports that are looked at
    done = live.command_line("draw", "a plum", "--steps", "1", "--size", "64")
    assert done.returncode == 0, done.stderr
    assert not canary.exists(), canary.read_text()
