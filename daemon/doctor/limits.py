"""What the kernel and the machine allow: open files, memory, room for names on the disk."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

from config.settings import Settings
from daemon.doctor.finding import Finding

FEW_FILES = 1_024
FEW_INODES = 10_000
LITTLE_MEMORY = 4 * 2**30


def check_open_files(settings: Settings) -> Iterator[Finding]:
    """May enough files be open? Each connection and each delivery holds one."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = 0 <= soft < FEW_FILES
    hint = f"ulimit -n {FEW_FILES * 4} (as a service: LimitNOFILE=)" if few else None
    yield Finding("open files", "warn" if few else "ok", f"{soft} may be open at a time", hint)


def check_inodes(settings: Settings) -> Iterator[Finding]:
    """Is there room for more files? A disk can be full of names while it has bytes left."""
    where = next(each for each in (settings.state_dir, *settings.state_dir.parents) if each.exists())
    figures = os.statvfs(where)
    if figures.f_files == 0:
        yield Finding("inodes", "ok", "this file system does not count them")
        return
    few = figures.f_favail < FEW_INODES
    hint = f"delete small files: find {where} -xdev -type f | wc -l" if few else None
    yield Finding("inodes", "warn" if few else "ok", f"{figures.f_favail} more files fit", hint)


def check_memory(settings: Settings) -> Iterator[Finding]:
    """Is there memory for a model?"""
    path = Path("/proc/meminfo")
    if not path.exists():
        yield Finding("memory", "ok", "this system does not tell")
        return
    rows = (line.split() for line in path.read_text().splitlines())
    kilobytes = {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}
    total, swap = kilobytes["MemTotal"] * 1024, kilobytes.get("SwapTotal", 0) * 1024
    little = total < LITTLE_MEMORY
    hint = "larger models than the starter will not fit; add memory, or swap" if little else None
    detail = f"{total / 2**30:.1f} GiB, and {swap / 2**30:.1f} GiB of swap"
    yield Finding("memory", "warn" if little else "ok", detail, hint)
