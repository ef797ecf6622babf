"""``run --oneshot`` and ``run --dry-run``: the watched folders carried out once, or only gone through."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support.command_environment import environment
from support.live_daemon import COMMAND, LiveDaemon
from support.pictures import picture

from storage import inputs

SETTINGS = """
[[watch_folder.folders]]
settle_seconds = 0.3
settle_image_seconds = 0.3
pairing_seconds = 0.3
min_age_seconds = 0
{more}
"""


@pytest.fixture
def folder(state_dir: Path) -> Path:
    (state_dir / "inbox").mkdir(parents=True)
    (state_dir / "config.toml").write_text(SETTINGS.format(more=""))
    return state_dir / "inbox"


def run(state_dir: Path, *arguments: str, code: int = 0, **more: str) -> Any:
    """The document that ``mezzotint run ... --json`` prints, which is all that it prints."""
    done = subprocess.run(
        [*COMMAND, "run", *arguments, "--json"],
        env=environment(state_dir, MEZZOTINT_ENGINE__FAKE_STEP_S="0.001", **more),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_oneshot_draws_what_lies_there_and_ends(state_dir: Path, folder: Path) -> None:
    for number in range(12):
        (folder / f"{number}.txt").write_text("one\ntwo\n")
    assert run(state_dir, "--oneshot") == {"done": 12, "failed": [], "left": {}}
    assert len(list((state_dir / "outbox").glob("*.png"))) == 24
    assert len(list((state_dir / "done").glob("*/*.txt"))) == 12
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert not (state_dir / "run" / "control.sock").exists()
    assert run(state_dir, "--oneshot") == {"done": 0, "failed": [], "left": {}}


@pytest.mark.slow
def test_oneshot_ends_with_one_and_names_what_failed(state_dir: Path, folder: Path) -> None:
    (folder / "good.txt").write_text("a cat")
    (folder / "bad.toml").write_text("prompt = ")
    assert run(state_dir, "--oneshot", code=1) == {"done": 1, "failed": ["inbox/bad.toml"], "left": {}}
    assert (state_dir / "failed" / "bad.toml.error.txt").exists()


@pytest.mark.slow
def test_oneshot_waits_for_a_file_that_is_being_written(state_dir: Path, folder: Path) -> None:
    def write() -> None:
        with (folder / "slow.txt").open("w") as file:
            for word in ("a ", "red ", "apple"):
                file.write(word)
                file.flush()
                time.sleep(0.7)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.1)
    assert run(state_dir, "--oneshot")["done"] == 1
    writer.join()
    with LiveDaemonOn(state_dir) as daemon:
        assert [job["request"]["prompt"] for job in daemon.jobs()] == ["a red apple"]


class LiveDaemonOn(LiveDaemon):
    """A daemon for the length of a block."""

    def __enter__(self) -> LiveDaemon:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@pytest.mark.slow
def test_oneshot_gives_up_on_a_file_that_never_settles_and_says_which(
    state_dir: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written to for as long as the command runs. The bound is shortened through a driver of our own."""
    over = threading.Event()

    def write() -> None:
        while not over.wait(0.1):
            with (folder / "endless.txt").open("a") as file:
                file.write("x")

    writer = threading.Thread(target=write)
    writer.start()
    (folder / "good.txt").write_text("a cat")
    code = (
        "import sys; from frontends.watch_folder.looking import lookout;"
        "lookout.EMPTY_MS = 1_000; lookout.TURN_MARGIN_MS = 2_000;"
        "from daemon.cli.main import main; sys.exit(main(['run', '--oneshot', '--json']))"
    )
    try:
        done = subprocess.run(
            [str(Path(COMMAND[0]).with_name("python")), "-c", code],
            env=environment(state_dir, MEZZOTINT_ENGINE__FAKE_STEP_S="0.001"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        over.set()
        writer.join()
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["done"], list(told["left"])) == (1, ["inbox/endless.txt"])
    assert "did not settle" in told["left"]["inbox/endless.txt"]


@pytest.mark.slow
def test_oneshot_where_a_daemon_runs_is_refused_and_a_paused_queue_is_said(state_dir: Path, folder: Path) -> None:
    with LiveDaemonOn(state_dir, {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.001"}) as daemon:
        assert daemon.command_line("run", "--oneshot").returncode == 75
        daemon.call("POST", "/v1/queue/pause")
    (folder / "a.txt").write_text("a cat")
    told = run(state_dir, "--oneshot", code=1)
    assert "the queue is paused" in told["left"]["inbox/"]


def snapshot(root: Path) -> dict[str, tuple[Any, ...]]:
    """Everything below ``root`` with content, times and rights."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in [root, *sorted(root.rglob("*"))]:
        facts = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
        found[str(path)] = (facts.st_mode, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, content)
    return found


def fill(folder: Path) -> None:
    (folder / "list.txt").write_text("a cat\n# no\na dog\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "folder.toml").write_text('lane = "background"\n[preset]\nsteps = 7\n')
    (folder / "sub" / "own.toml").write_text('prompt = "a cow"\npriority = 5\nseed = 3')
    (folder / "table.csv").write_text("prompt,steps,model\na fox,4,\na hen,0,\nan owl,4,no-such-model\n")
    (folder / "cat.png").write_bytes(picture())
    (folder / "cat.txt").write_text("make it blue")
    known = inputs.save(folder.parent, picture())
    (folder / "known.toml").write_text(f'prompt = "once more"\nimage = "{known}"')
    (folder / "alone.png").write_bytes(picture())
    (folder / "broken.json").write_text('{"prompt": ')
    (folder / "link.txt").symlink_to("/etc/passwd")
    (folder / "being-written.txt.part").write_text("no")


def test_dry_run_lists_every_line_as_it_would_be_queued_and_changes_nothing(
    state_dir: Path, folder: Path, mezzotint: Any
) -> None:
    fill(folder)
    before = snapshot(state_dir)
    done = mezzotint("run", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    assert snapshot(state_dir) == before
    planned = {(each["file"], each["line"]): each for each in json.loads(done.stdout)["planned"]}
    queued = {key: each for key, each in planned.items() if each["request"]}
    assert {key: each["request"]["prompt"] for key, each in queued.items()} == {
        ("list.txt", 1): "a cat",
        ("list.txt", 3): "a dog",
        ("sub/own.toml", 1): "a cow",
        ("table.csv", 2): "a fox",
        ("cat.png", 1): "make it blue",
        ("known.toml", 1): "once more",
    }
    own = planned["sub/own.toml", 1]
    assert (own["lane"], own["priority"], own["preset"], own["owner"]) == (
        "background",
        5,
        {"steps": 7},
        "folder:inbox",
    )
    assert (own["request"]["steps"], own["request"]["seed"], own["request"]["width"]) == (7, 3, 256)
    assert len(planned["cat.png", 1]["request"]["image"]) == 64
    refused = {key: each["refused"] for key, each in planned.items() if each["refused"]}
    assert "steps" in refused["table.csv", 3]
    assert "no-such-model" in refused["table.csv", 4]
    assert "not valid JSON" in refused["broken.json", None]
    assert "carries no parameters" in refused["alone.png", None]
    assert refused["link.txt", None] == "links are not followed"
    assert len(planned) == len(queued) + len(refused) == 11


def test_dry_run_makes_no_state_directory(state_dir: Path, mezzotint: Any) -> None:
    done = mezzotint("run", "--dry-run")
    assert done.returncode == 0
    assert "inbox: nothing lies there yet" in done.stdout
    assert "0 jobs would be queued, 0 files or lines refused" in done.stdout
    assert not state_dir.exists()
    assert json.loads(mezzotint("run", "--dry-run", "--json").stdout) == {"planned": []}


def test_dry_run_refuses_a_folder_that_was_named_and_is_missing(mezzotint: Any, tmp_path: Path) -> None:
    folders = json.dumps([{"name": "inbox", "path": str(tmp_path / "gone")}])
    done = mezzotint("run", "--dry-run", MEZZOTINT_WATCH_FOLDER__FOLDERS=folders)
    assert "refused  inbox: the folder can't be read (No such file or directory)" in done.stdout
    assert "0 jobs would be queued, 1 file or line refused" in done.stdout


@pytest.mark.slow
def test_dry_run_works_beside_a_daemon_and_agrees_with_what_it_then_does(state_dir: Path, folder: Path) -> None:
    """1. A daemon that has looked and will not look again. 2. Files come and are listed. 3. It is started anew.
    Result: what was listed is what it queues, line by line."""
    (state_dir / "config.toml").write_text(
        SETTINGS.format(more='events = "poll"\npoll_seconds = 3600\nscan_seconds = 3600')
    )
    live = LiveDaemonOn(state_dir, {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.001"})
    with live:
        fill(folder)
        planned = run(state_dir, "--dry-run")["planned"]
        assert live.jobs() == []
    with live as daemon:
        daemon.until(lambda: (state_dir / "failed" / "broken.json").exists(), 60, "the broken one has failed")
        daemon.until(lambda: any((state_dir / "done").glob("*/cat.png")), 60, "the picture is done")
        daemon.until(lambda: any((state_dir / "done").glob("*/sub/own.toml")), 60, "the last one is done")
        daemon.until(lambda: (state_dir / "failed" / "table.csv").exists(), 60, "the table has been read")
        jobs = daemon.jobs()
    wanted = [each["request"] for each in planned if each["request"]]

    def known(request: dict[str, Any]) -> str:
        return json.dumps({name: value for name, value in request.items() if name != "seed"}, sort_keys=True)

    assert sorted(known(job["request"]) for job in jobs) == sorted(map(known, wanted))


def test_dry_run_goes_with_no_other_way_to_run(mezzotint: Any) -> None:
    assert mezzotint("run", "--dry-run", "--oneshot").returncode == 2


def test_the_help_says_how_oneshot_ends(mezzotint: Any) -> None:
    said = " ".join(mezzotint("run", "--help").stdout.split())
    assert "with 0 when all went well, with 1 when anything failed" in said
