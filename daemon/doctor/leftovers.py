"""What earlier runs left behind, and where the folders lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.folders import places
from config.settings import Settings
from daemon.doctor.finding import Finding


def check_quarantine(settings: Settings) -> Iterator[Finding]:
    """How much did recovery put aside?"""
    if not settings.quarantine.is_dir():
        return
    sizes = [path.lstat().st_size for path in settings.quarantine.rglob("*") if path.is_file()]
    detail = f"{len(sizes)} files, {sum(sizes) / 2**20:.1f} MiB"
    hint = f"no job names them; look, then: rm -r {settings.quarantine}/*" if sizes else None
    yield Finding("quarantine", "warn" if sizes else "ok", detail, hint)


def check_moves(settings: Settings) -> Iterator[Finding]:
    """Do the places of a folder lie on one file system, so that moving between them is one rename?"""
    if not settings.watch_folder.enabled:
        return
    for folder in settings.watch_folder.folders:
        own = places(settings.state_dir, folder)
        devices = {_device(path) for path in (own.path, own.done, own.failed)}
        if len(devices) > 1:
            detail = "its places lie on different file systems: files are copied instead of renamed"
            hint = f"put done and failed of {folder.name} beside {own.path}"
            yield Finding(f"moves of {folder.name}", "warn", detail, hint)


def _device(path: Path) -> int:
    return next(each for each in (path, *path.parents) if each.exists()).stat().st_dev
