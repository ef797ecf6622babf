"""Failpoints: each is reached and used, and one that would never fire is refused."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.failpoints import NAMES

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "daemon", "frontends", "pipeline", "storage")
PASS = "import sys, config.failpoints as f\nfor name in sys.argv[1:]: f.reach(name); print(name, flush=True)"
PASSAGES = ("claim.after_commit", "delivery.before", "claim.after_commit")


def _passing(wanted: str, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MEZZOTINT_FAILPOINT": wanted}
    command = [sys.executable, "-c", PASS, *PASSAGES]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=seconds)


def _reached() -> list[str]:
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return [name for path in files for name in re.findall(r"\breach\(\"([^)]*)\"\)", path.read_text())]


def test_every_failpoint_is_reached_and_nothing_else_is() -> None:
    assert set(_reached()) == NAMES


def test_every_failpoint_is_used_by_a_fault_test() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))
    assert {name for name in NAMES if f'"{name}' not in text} == set()


def test_an_error_may_be_raised_at_one_passage_only() -> None:
    second = _passing("claim.after_commit:2@EIO")
    assert (second.stdout.split(), "Input/output error" in second.stderr) == (list(PASSAGES[:2]), True)
    assert _passing("claim.after_commit:3@EIO").returncode == 0


def test_whoever_comes_to_a_hanging_place_stays_there() -> None:
    with pytest.raises(subprocess.TimeoutExpired) as stuck:
        _passing("delivery.before@HANG", 1.5)
    assert (stuck.value.stdout or b"").split() == [b"claim.after_commit"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("claim.after_comit", "did you mean 'claim.after_commit'"),
        ("nonsense", "there are: backup.after_database, backup.after_files"),
        ("claim.after_commit@ENOSUCH", "there is no error 'ENOSUCH'"),
        ("claim.after_commit:0", "is not a failpoint"),
    ],
)
def test_a_failpoint_that_would_never_fire_is_refused_at_start(tmp_path: Path, wanted: str, said: str) -> None:
    environment = {**os.environ, "MEZZOTINT_FAILPOINT": wanted, "MEZZOTINT_STATE_DIR": str(tmp_path / "state")}
    command = [sys.executable, "-P", "-m", "daemon.cli.main", "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 78
    assert said in done.stderr
    assert not (tmp_path / "state").exists()
