"""How far the kernel's notices reach: not to changes that others make on a network share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from config import mounts
from config.settings import FolderSettings
from frontends.watch_folder.looking import ignore


@dataclass(frozen=True, slots=True)
class Reach:
    """Which part of a folder has to be looked at again and again."""

    root: bool
    """True: the kernel tells of changes in the folder itself."""
    polled: tuple[str, ...] = ()
    """Directories below it of which it does not, relative to the root."""
    kinds: tuple[str, ...] = ()
    """The file systems because of which that is so."""

    def is_polled(self, name: str) -> bool:
        """True for what lies in one of the polled directories."""
        return any(name.startswith(f"{each}/") for each in self.polled)

    def said(self, poll_seconds: float) -> str:
        """In words, for the status."""
        kinds = f": {', '.join(self.kinds)}" if self.kinds else ""
        if not self.root:
            return f"looked at every {poll_seconds:g} s{kinds}"
        if self.polled:
            return f"file events, {len(self.polled)} sub-folders looked at every {poll_seconds:g} s{kinds}"
        return "file events"


def reach(root: Path, settings: FolderSettings) -> Reach:
    """What is mounted there now, unless the settings force one way."""
    if settings.events != "auto":
        return Reach(root=settings.events == "inotify")
    table = mounts.mounts()
    own = mounts.holding(root, table)
    if own is not None and own.is_remote:
        return Reach(False, (), (own.kind,))
    remote: dict[str, str] = {}
    for name, mount in mounts.below(root, table):
        above = any(name.startswith(f"{each}/") for each in remote)
        if mount.is_remote and not above and not any(map(ignore.ignored_directory, name.split("/"))):
            remote[name] = mount.kind
    return Reach(True, tuple(remote), tuple(sorted(set(remote.values()))))
