"""Looking at processes from outside."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
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


def children_of(pid: int) -> list[int]:
    """Process ids of all its children."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


@dataclass(frozen=True)
class Usage:
    """What a process takes at the moment."""

    resident_mib: float
    descriptors: int
    threads: int
    cpu_seconds: float


def usage(pid: int) -> Usage:
    """Of one process, without its children."""
    process = Path(f"/proc/{pid}")
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    pages = int((process / "statm").read_text().split()[1])
    return Usage(
        resident_mib=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        descriptors=len(list((process / "fd").iterdir())),
        threads=int(fields[17]),
        cpu_seconds=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
    )


def wait_until_gone(pid: int, seconds: float) -> None:
    """Fails when the process is still there after so long."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there after {seconds} s"
        time.sleep(0.01)
