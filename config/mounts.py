"""Which file system a path lies on: the one reader of ``/proc/self/mountinfo``."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")
UNKNOWN = "an unknown file system"

_REMOTE = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ncpfs", "coda", "davfs"),
        *("9p", "virtiofs", "vboxsf", "prl_fs", "vmhgfs"),
        *("ceph", "glusterfs", "lustre", "beegfs", "gpfs", "gfs2", "ocfs2", "orangefs", "pvfs2"),
        "fuse",
    }
)
"""Others may write to these behind the kernel's back: it tells of our own changes only.

Not among them: ``overlay`` (a container's own root; what is written through the mount is told of) and ``fuseblk``
(a disk with a foreign format, such as NTFS: nobody writes to it but through this kernel).
"""
_ESCAPED = re.compile(rb"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system."""

    point: Path
    kind: str
    """As the kernel names it: ``ext4``, ``nfs4``, ``fuse.sshfs`` ..."""

    @property
    def is_remote(self) -> bool:
        """True where changes may come from elsewhere, so that the kernel can't tell of all of them."""
        return is_remote(self.kind)


def is_remote(kind: str) -> bool:
    """True for network shares, folders of a host machine, and file systems in user space."""
    return kind.partition(".")[0] in _REMOTE


def mounts(table: Path = TABLE) -> list[Mount]:
    """All that are mounted, in the order of mounting; empty where the system does not tell."""
    try:
        lines = table.read_bytes().splitlines()
    except OSError:
        return []
    return [mount for line in lines if (mount := _mount(line)) is not None]


def _mount(line: bytes) -> Mount | None:
    before, _, after = line.partition(b" - ")
    fields, kind = before.split(), after.split()
    if len(fields) < 5 or not kind:
        return None
    point = _ESCAPED.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), fields[4])
    return Mount(Path(os.fsdecode(point)), kind[0].decode(errors="replace"))


def holding(path: Path, among: Sequence[Mount]) -> Mount | None:
    """The mount that ``path`` lies on: the deepest, and of several on one point the last."""
    best: Mount | None = None
    resolved = path.resolve()
    for mount in among:
        if resolved.is_relative_to(mount.point) and (best is None or len(mount.point.parts) >= len(best.point.parts)):
            best = mount
    return best


def below(path: Path, among: Sequence[Mount]) -> list[tuple[str, Mount]]:
    """Mounts inside ``path``, each with its place relative to it; of several on one point the last."""
    resolved = path.resolve()
    inside = {
        str(mount.point.relative_to(resolved)): mount
        for mount in among
        if mount.point != resolved and mount.point.is_relative_to(resolved)
    }
    return sorted(inside.items())


def kind_of(path: Path) -> str:
    """The type of the file system that holds ``path``."""
    mount = holding(path, mounts())
    return mount.kind if mount else UNKNOWN
