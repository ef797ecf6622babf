"""Looking at processes from outside."""

from __future__ import annotations

import time
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def engines_of(daemon: int) -> list[int]:
    """Process ids of the engines that this daemon has started."""
    found = []
    for task in Path(f"/proc/{daemon}/task").glob("*"):
        try:
            children = [int(child) for child in (task / "children").read_text().split()]
            found += [child for child in children if b"pipeline.engine" in Path(f"/proc/{child}/cmdline").read_bytes()]
        except OSError:
            continue
    return found


def wait_until_gone(pid: int, seconds: float) -> None:
    """Fails when the process is still there after so long."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there after {seconds} s"
        time.sleep(0.01)
