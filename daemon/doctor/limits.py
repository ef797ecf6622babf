"""What the kernel and the machine allow: open files, watches, memory."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

from config.folders import places
from config.settings import Settings
from daemon import words
from daemon.doctor.finding import Finding, graded
from daemon.doctor.places import entries

FEW_FILES = 1_024
LITTLE_MEMORY = 4 * 2**30
FEW_WATCHES = 8_192
SHORT_QUEUE = 16_384
INOTIFY = Path("/proc/sys/fs/inotify")
MEMORY = Path("/proc/meminfo")


def check_open_files(settings: Settings) -> Iterator[Finding]:
    """May enough files be open? Each connection and each delivery holds one."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = 0 <= soft < FEW_FILES
    hint = f"ulimit -n {FEW_FILES * 4} (as a service: LimitNOFILE=)" if few else None
    told = "as many as wanted" if soft == resource.RLIM_INFINITY else str(soft)
    yield graded("open files", f"{told} may be open at a time", hint)


def check_inotify(settings: Settings, base: Path = INOTIFY) -> Iterator[Finding]:
    """May all watched folders be watched? (What is missed is found by the periodic scan.)"""
    if not settings.watch_folder.enabled:
        return
    if not base.is_dir():
        scanned = "nothing: folders are found by their periodic scan (watch_folder.folders scan_seconds)"
        yield Finding("inotify", "warn", "not offered by this system", scanned)
        return
    watches, queue, instances = (
        int((base / name).read_text()) for name in ("max_user_watches", "max_queued_events", "max_user_instances")
    )
    roots = [places(settings.state_dir, each).path for each in settings.watch_folder.folders]
    folders, directories = len(roots), sum(map(_directories, roots))
    detail = (
        f"{watches} watches for {words.counted(directories, 'directory', 'directories')}, "
        f"{instances} instances for {words.counted(folders, 'folder')}, {queue} queued events"
    )
    # Half: other programs of this user take their part.
    few = watches < max(FEW_WATCHES, 2 * directories) or queue < SHORT_QUEUE or instances < 2 * folders
    wanted = {
        "max_user_watches": max(watches, FEW_WATCHES * 8, 4 * directories),
        "max_queued_events": max(queue, SHORT_QUEUE),
        "max_user_instances": max(instances, 4 * folders),
    }
    hint = "sudo sysctl " + " ".join(f"fs.inotify.{name}={value}" for name, value in wanted.items()) if few else None
    yield graded("inotify", detail, hint)


def check_memory(settings: Settings, path: Path = MEMORY) -> Iterator[Finding]:
    """Is there memory for the model that is asked for by default?"""
    if not path.exists():
        yield Finding("memory", "ok", "this system does not tell")
        return
    rows = (line.split() for line in path.read_text().splitlines())
    kilobytes = {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}
    total, swap = kilobytes["MemTotal"] * 1024, kilobytes.get("SwapTotal", 0) * 1024
    model = _model_bytes(settings)
    detail = f"{words.size(total)}, and {words.size(swap)} of swap"
    hint: str | None = None
    if model is not None and settings.engine.kind == "local":
        detail += f"; the model {settings.models.default} has {words.size(model)} on the disk"
        hint = "add memory, or register a smaller one: mezzotint models pull --help" if model > total + swap else None
    if total < LITTLE_MEMORY:
        hint = hint or "larger models than the starter will not fit; add memory, or swap"
    yield graded("memory", detail, hint)


def _model_bytes(settings: Settings) -> int | None:
    """None where the model can't be told; another check says why."""
    from config.errors import MezzotintError
    from pipeline.models.fingerprint import files_of
    from pipeline.models.registry import Registry

    try:
        root = Registry(settings.models_file).get(settings.models.default).path
        return sum((root / name).stat().st_size for name in files_of(root))
    except (MezzotintError, OSError, ValueError):
        return None


def _directories(root: Path) -> int:
    return os.path.isdir(root) + sum(entry.is_dir(follow_symlinks=False) for entry in entries(root))
