"""What is mounted where, as the kernel tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import mounts

TABLE = b"""\
1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
2 1 0:30 / /srv/in rw master:3 propagate_from:2 - nfs4 server:/in rw
3 1 0:31 / /srv/a\\040b\\134c rw - cifs //server/share rw
4 2 0:32 / /srv/in/local rw - tmpfs tmpfs rw
5 1 0:33 / /srv/over rw - ext4 /dev/sdb1 rw
6 1 0:34 / /srv/over rw - fuse.sshfs host:/ rw
7 1 0:35 / /gr\xc3\xbcn rw - 9p host rw
torn line
"""


@pytest.fixture
def table(tmp_path: Path) -> list[mounts.Mount]:
    path = tmp_path / "mountinfo"
    path.write_bytes(TABLE)
    return mounts.mounts(path)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/etc", "ext4"),
        ("/srv/in/x/y", "nfs4"),
        ("/srv/in/local/x", "tmpfs"),
        ("/srv/inside", "ext4"),
        ("/srv/a b\\c/d", "cifs"),
        ("/srv/over", "fuse.sshfs"),
        ("/grün/x", "9p"),
    ],
)
def test_a_path_lies_on_the_deepest_mount_and_of_several_on_the_last(
    table: list[mounts.Mount], path: str, kind: str
) -> None:
    mount = mounts.holding(Path(path), table)
    assert mount is not None
    assert mount.kind == kind


def test_mounts_below_a_folder_are_named_relative_to_it(table: list[mounts.Mount]) -> None:
    found = {name: mount.kind for name, mount in mounts.below(Path("/srv"), table)}
    assert found == {"a b\\c": "cifs", "in": "nfs4", "in/local": "tmpfs", "over": "fuse.sshfs"}
    assert [name for name, _ in mounts.below(Path("/srv/in"), table)] == ["local"]


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse", "fuse.sshfs", "ceph", "afs", "vboxsf"])
def test_shares_are_remote(kind: str) -> None:
    assert mounts.is_remote(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "fuseblk", "zfs"])
def test_what_only_this_kernel_writes_to_is_not(kind: str) -> None:
    assert not mounts.is_remote(kind)


def test_a_system_that_does_not_tell_has_no_mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mounts.mounts(tmp_path / "none") == []
    assert mounts.kind_of(Path("/")) != ""
