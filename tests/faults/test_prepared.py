"""Processes that are forked from a prepared one are what a shell would have started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import prepared

pytestmark = pytest.mark.slow

SCRIPT = """
import json, os, signal, sys
print(json.dumps({
    "umask": os.umask(0),
    "directory": os.getcwd(),
    "own": os.environ.get("OWN"),
    "arguments": sys.argv[1:],
    "files": sorted(os.listdir("/proc/self/fd"))[:-1],
    "signals": [signal.getsignal(each) is signal.SIG_DFL for each in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP)],
    "interrupted": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "group": os.getpgrp(),
    "session": os.getsid(0),
}), flush=True)
if sys.argv[1:] == ["stay"]:
    signal.pause()
if sys.argv[1:] == ["fail"]:
    sys.exit(3)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "tell.py"
    path.write_text(SCRIPT)
    return path


def started(script: Path, *arguments: str) -> tuple[prepared.Started, Path]:
    out = script.with_name("out")
    with out.open("wb") as file:
        return prepared.start(arguments, {**os.environ, "OWN": "1"}, file, file, script=str(script)), out


@pytest.mark.parametrize("umask", [0o000, 0o027])
def test_it_inherits_what_a_child_of_ours_would(script: Path, monkeypatch: pytest.MonkeyPatch, umask: int) -> None:
    monkeypatch.chdir(script.parent)
    before = os.umask(umask)
    try:
        process, out = started(script, "a", "b c")
        assert process.wait(60) == 0
        child: Any = json.loads(
            subprocess.run(
                [sys.executable, "-P", script, "a", "b c"],
                env={**os.environ, "OWN": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
        )
    finally:
        os.umask(before)
    (line,) = out.read_text().splitlines()
    assert json.loads(line) == child
    assert (child["umask"], child["directory"]) == (umask, str(script.parent))


def test_its_end_is_told_as_that_of_a_child(script: Path) -> None:
    process, _ = started(script, "fail")
    assert process.wait(60) == 3
    process, _ = started(script, "stay")
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == -signal.SIGTERM
    process.kill()  # nobody is there any more


def test_what_an_interpreter_sees_while_it_starts_asks_for_a_new_one() -> None:
    assert prepared.suits(os.environ)
    for name in ("PYTHONPATH", "HOME", "LC_ALL", "LD_PRELOAD"):
        assert not prepared.suits({**os.environ, name: "/elsewhere"})
