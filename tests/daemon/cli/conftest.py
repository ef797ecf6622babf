"""The installed command as a child process, and a real daemon with the fake engine for it to talk to."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.command_environment import environment
from support.live_daemon import COMMAND, LiveDaemon

from daemon.cli.main import main

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def mezzotint(state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls the command in this process, on an empty state directory where no daemon runs."""
    for name in [name for name in os.environ if name.startswith("MEZZOTINT_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        for name, value in environment(state_dir, **more).items():
            monkeypatch.setenv(name, value)
        code = main(arguments)
        told = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, told.out, told.err)

    return run


@pytest.fixture
def command(state_dir: Path) -> Run:
    """Runs the installed command on that directory, as a process of its own."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            env=environment(state_dir, **more),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDaemon]:
    """One daemon for the tests of a file."""
    live = LiveDaemon(tmp_path_factory.mktemp("live") / "state", {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.005"})
    live.start()
    yield live
    live.stop()


@pytest.fixture
def told(live: LiveDaemon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls the command in this process against that daemon."""
    for name, value in live.environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        code = main(arguments)
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run


@pytest.fixture
def answer(told: Run) -> Callable[..., Any]:
    """The same with ``--json``: the document, after checking the exit code and that nothing else was said."""

    def run(name: str, *arguments: str, code: int = 0) -> Any:
        done = told(name, "--json", *arguments)
        assert (done.returncode, done.stderr) == (code, ""), (done.stdout, done.stderr)
        return json.loads(done.stdout)

    return run
