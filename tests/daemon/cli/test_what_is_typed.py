"""What needs no daemon: usage, complaints, exit codes, start-up."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.live_daemon import COMMAND

START_SECONDS = 0.9
COMMANDS = (
    "draw submit jobs show cancel retry pause resume verify status usage models run check doctor".split()  # noqa: SIM905
)


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_every_command_has_help(mezzotint: Any, arguments: list[str]) -> None:
    done = mezzotint(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: mezzotint")


def test_the_list_of_commands_is_told_when_none_is_given(mezzotint: Any) -> None:
    done = mezzotint()
    assert done.returncode == 2
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


def test_the_version_is_told(mezzotint: Any) -> None:
    assert mezzotint("--version").stdout.startswith("mezzotint 0.")
    assert set(json.loads(mezzotint("--version", "--json").stdout)) == {"version"}


NONSENSE: list[tuple[list[str], str]] = [
    (["draw"], "PROMPT"),
    (["draw", ""], "prompt"),
    (["draw", "   "], "prompt"),
    (["draw", "x" * 5000], "prompt"),
    (["draw", "a", "b"], "argument"),
    (["draw", "x", "--size", "0"], "--size"),
    (["draw", "x", "--size", "100"], "--size"),
    (["draw", "x", "--size", "512x"], "--size"),
    (["draw", "x", "--size", "-512"], "--size"),
    (["draw", "x", "--size", "512x512x512"], "--size"),
    (["draw", "x", "--size", "99999"], "--size"),
    (["draw", "x", "--seed", "-1"], "--seed"),
    (["draw", "x", "--seed", "4294967296"], "--seed"),
    (["draw", "x", "--seed", "one"], "--seed"),
    (["draw", "x", "--steps", "0"], "--steps"),
    (["draw", "x", "--steps", "1e9"], "--steps"),
    (["draw", "x", "--guidance", "nan"], "--guidance"),
    (["draw", "x", "--guidance", "inf"], "--guidance"),
    (["draw", "x", "--guidance", "-1"], "--guidance"),
    (["draw", "x", "-n", "0"], "--count"),
    (["draw", "x", "-n", "65"], "--count"),
    (["draw", "x", "--strength", "0.5"], "image"),
    (["draw", "x", "--image", "/no/such/file.png"], "--image"),
    (["draw", "x", "--image", "/"], "--image"),
    (["draw", "x", "--image", "/dev/zero"], "--image"),
    (["draw", "x", "--out", "/no/such/folder/x.png"], "--out"),
    (["draw", "x", "--out", "picture.jpg"], "--out"),
    (["draw", "x", "--scheduler", ""], "--scheduler"),
    (["submit", "x", "--priority", "high"], "--priority"),
    (["jobs", "--limit", "0"], "--limit"),
    (["draw", "x", "--stpes", "8"], "--steps"),
    (["darw", "x"], "draw"),
    (["show"], "ID"),
    (["models", "shwo", "starter"], "show"),
]


@pytest.mark.parametrize(("arguments", "named"), NONSENSE, ids=lambda value: str(value)[:40])
def test_nonsense_is_refused_by_name_without_a_daemon(mezzotint: Any, arguments: list[str], named: str) -> None:
    told = mezzotint(*arguments)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("mezzotint: ")
    assert named in told.stderr
    assert len(told.stderr) < 500
    document = mezzotint(*arguments, "--json")
    assert (document.returncode, document.stderr) == (2, "")
    error = json.loads(document.stdout)["error"]
    assert error["kind"] == "user"
    assert named in json.dumps(error)


def test_text_that_is_not_unicode_is_refused(state_dir: Path) -> None:
    done = subprocess.run([*COMMAND, "draw", b"caf\xe9", "--json"], capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["field"] == "prompt"


def test_a_pipe_is_no_picture_and_is_not_waited_for(mezzotint: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    done = mezzotint("draw", "x", "--image", str(tmp_path / "pipe.png"))
    assert done.returncode == 2
    assert "is not a file" in done.stderr


def test_an_existing_file_is_not_overwritten_unasked(mezzotint: Any, tmp_path: Path) -> None:
    mine = tmp_path / "mine.png"
    mine.write_bytes(b"mine")
    done = mezzotint("draw", "x", "--out", str(mine))
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert mine.read_bytes() == b"mine"


@pytest.mark.parametrize("command", ["status", "jobs", "show x", "cancel x", "retry x", "pause", "resume", "submit x"])
def test_without_a_daemon_the_exit_code_is_69(mezzotint: Any, command: str) -> None:
    told = mezzotint(*command.split())
    assert (told.returncode, told.stdout) == (69, "")
    assert "mezzotint run" in told.stderr
    document = mezzotint(*command.split(), "--json")
    assert document.returncode == 69
    assert json.loads(document.stdout)["error"]["kind"] == "retryable"


def test_options_may_stand_before_the_command(mezzotint: Any) -> None:
    assert json.loads(mezzotint("--json", "status").stdout)["error"]["kind"] == "retryable"


def test_a_socket_nobody_listens_on_is_no_daemon(mezzotint: Any, state_dir: Path) -> None:
    (state_dir / "run").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(state_dir / "run" / "control.sock"))
    assert mezzotint("status").returncode == 69


def test_every_problem_of_a_configuration_is_told_at_once(mezzotint: Any, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[queue]\nmax_attempts = 0\nmax_atempts = 3\n\n[log]\nlevel = 'loud'\n")
    for command in ("check", "status", "run"):
        told = mezzotint(command, "--config", str(file))
        assert told.returncode == 78
        assert all(key in told.stderr for key in ("queue.max_attempts", "queue.max_atempts", "log.level"))
    document = mezzotint("--config", str(file), "check", "--json")
    assert document.returncode == 78
    problems = json.loads(document.stdout)["error"]["problems"]
    assert {problem["key"].split()[0] for problem in problems} == {
        "queue.max_attempts",
        "queue.max_atempts",
        "log.level",
    }


def test_check_shows_the_effective_settings(mezzotint: Any, state_dir: Path) -> None:
    told = mezzotint("check", MEZZOTINT_QUEUE__MAX_ATTEMPTS="7")
    assert told.returncode == 0
    assert "queue.max_attempts = 7  # variable MEZZOTINT_QUEUE__MAX_ATTEMPTS\n" in told.stdout
    document = json.loads(mezzotint("check", "--json").stdout)
    assert document["settings"]["state_dir"] == str(state_dir)
    assert document["problems"] == []


def test_a_reader_that_has_enough_is_no_reason_to_complain(state_dir: Path) -> None:
    """The reader's end of the pipe is closed before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "models", "show", "starter"], stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_hostile_module_in_the_working_directory_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("raise SystemExit('hostile')")
    done = subprocess.run([*COMMAND, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", ["--help", "--version", "draw --help", "status", "jobs", "submit x"])
def test_a_command_starts_within_its_share_of_a_second(command: Any, arguments: str) -> None:
    # Processor time, the best of three: what a command takes on a machine that has nothing else to do.
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command(*arguments.split())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert any(seconds() < START_SECONDS for _ in range(3))


def test_a_client_command_imports_nothing_that_belongs_to_the_daemon(state_dir: Path) -> None:
    code = (
        "import sys; from daemon.cli.main import main; main(['status', '--json']); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stderr.split())
    assert "daemon.cli.commands.status" in loaded
    assert not loaded & {"torch", "fastapi", "uvicorn", "sqlalchemy", "rich.progress", "httpx", "numpy", "storage"}
