"""A file becomes ours: by a rename that only one can win, after its row was committed.

The order of things, so that a crash at any point leaves exactly one job a line:
1. the row (:meth:`Orders.begin`), 2. the rename into ``.processing/<order id>/``, 3. reading and describing,
4. jobs and cursor in one transaction. After a crash the rows and ``.processing/`` say where to go on.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from config import failpoints
from frontends.files import paths, whole_files
from frontends.watch_folder.looking import writers
from frontends.watch_folder.looking.ignore import ignored_file
from frontends.watch_folder.orders import kinds, pairing
from frontends.watch_folder.source import Source


class GoneError(Exception):
    """The file went away, was replaced, or somebody else took it before we did."""


@dataclass(frozen=True)
class Claim:
    """What the row says about an order whose file is being taken."""

    order_id: str
    name: str
    inode: int
    size: int
    mtime_ns: int
    in_place: bool


def ready(root: Path, name: str) -> bool:
    """False while somebody writes to the file.

    Raises ``OSError`` when it can't be read, :class:`GoneError` when it went.
    """
    directory, own = paths.split(name)
    try:
        with paths.directory(root, directory) as parent:
            descriptor = paths.open_file(own, parent)
    except FileNotFoundError:
        raise GoneError from None
    try:
        return not writers.has_writer(descriptor)
    finally:
        os.close(descriptor)


def take(root: Path, claim: Claim, sidecars: tuple[str, ...] | None = None) -> Source:
    """Move the file and its ``sidecars`` (None: those that lie beside it) into ``.processing/<order id>/``, or find
    them there. Safe to repeat.

    All or nothing: raises :class:`GoneError` also when a sidecar is missing. Then another daemon has it, which gives
    it back when it finds the picture missing. And when there is one more: it came after the look, or was given back.
    Raises ``OSError`` when it can't be done now.
    """
    failpoints.reach("order.after_row")
    directory, own = paths.split(claim.name)
    if claim.in_place:
        return _stay(root, claim)
    home = _home(root, directory, claim.order_id)
    with paths.directory(root, home, make=paths.make) as target:
        if own not in os.listdir(target):
            _bring(root, claim, target, sidecars)
        names = sorted(os.listdir(target))
    failpoints.reach("order.after_rename")
    return Source(root, claim.name, home, own, tuple(name for name in names if name != own))


def find(root: Path, claim: Claim) -> Source | None:
    """The files of an order that was taken before; None when they are gone (brought to their end, or removed by hand).

    Raises ``OSError`` when ``.processing`` itself is missing: then the whole folder went away, and may come back.
    """
    directory, own = paths.split(claim.name)
    if claim.in_place:
        try:
            return _stay(root, claim)
        except GoneError:
            return None
    with paths.directory(root, (paths.PROCESSING,)):
        pass
    for home in ((paths.PROCESSING, claim.order_id), (*directory, paths.PROCESSING, claim.order_id)):
        try:
            with paths.directory(root, home) as target:
                names = sorted(os.listdir(target))
        except FileNotFoundError:
            continue
        if own in names:
            return Source(root, claim.name, home, own, tuple(name for name in names if name != own))
    return None


def leave(root: Path, source: Source) -> None:
    """Remove the emptied ``.processing/<order id>/``."""
    if source.in_place:
        return
    try:
        with paths.directory(root, source.directory[:-1]) as parent:
            os.rmdir(source.directory[-1], dir_fd=parent)
    except FileNotFoundError:
        return


def give_up(root: Path, claim: Claim) -> None:
    """The main file went away: sidecars that were moved already go back to where they were dropped."""
    directory, _ = paths.split(claim.name)
    for home in ((paths.PROCESSING, claim.order_id), (*directory, paths.PROCESSING, claim.order_id)):
        try:
            with paths.directory(root, home) as here:
                for name in os.listdir(here):
                    with paths.directory(root, directory, make=paths.make) as back:
                        os.rename(name, whole_files.free_name(back, name), src_dir_fd=here, dst_dir_fd=back)
            with paths.directory(root, home[:-1]) as parent:
                os.rmdir(home[-1], dir_fd=parent)
        except FileNotFoundError:
            continue


def _home(root: Path, directory: tuple[str, ...], order_id: str) -> tuple[str, ...]:
    """``.processing/<order id>`` in the root, or in the directory itself when that is another file system."""
    with paths.directory(root, (paths.PROCESSING,), make=paths.make) as top, paths.directory(root, directory) as own:
        same = os.fstat(top).st_dev == os.fstat(own).st_dev
    return (paths.PROCESSING, order_id) if same else (*directory, paths.PROCESSING, order_id)


def _bring(root: Path, claim: Claim, target: int, sidecars: tuple[str, ...] | None) -> None:
    """Sidecars first: a row whose main file still lies in the folder says that the claim is not finished."""
    directory, own = paths.split(claim.name)
    try:
        with paths.directory(root, directory) as parent:
            _same_file(parent, own, claim)
            beside = _sidecars(parent, own)
            if sidecars is not None and len(sidecars) < min(2, len(beside)):  # two are a mistake, and so are more
                raise GoneError  # one came since, or came back: what goes on is to be seen first
            for name in beside if sidecars is None else sidecars:
                os.rename(name, name, src_dir_fd=parent, dst_dir_fd=target)
            os.rename(own, own, src_dir_fd=parent, dst_dir_fd=target)
    except FileNotFoundError:
        raise GoneError from None


def _sidecars(parent: int, own: str) -> tuple[str, ...]:
    """What a look would find to belong to this file of an open directory now."""
    if not kinds.is_image(own):
        return ()
    group = kinds.together(own)
    with os.scandir(parent) as entries:
        near = [entry for entry in entries if entry.name.startswith(group) and kinds.together(entry.name) == group]
        names = [each.name for each in near if each.is_file(follow_symlinks=False) and not ignored_file(each.name)]
    return pairing.partners(names).get(own, ())


def _same_file(parent: int, own: str, claim: Claim) -> None:
    """What lies there must be what was looked at; anything else has not been seen to be finished."""
    facts = os.stat(own, dir_fd=parent, follow_symlinks=False)
    if (facts.st_ino, facts.st_size, facts.st_mtime_ns) != (claim.inode, claim.size, claim.mtime_ns):
        raise GoneError


def _stay(root: Path, claim: Claim) -> Source:
    directory, own = paths.split(claim.name)
    try:
        with paths.directory(root, directory) as parent:
            _same_file(parent, own, claim)
            beside = _sidecars(parent, own)
    except FileNotFoundError:
        raise GoneError from None
    return Source(root, claim.name, directory, own, beside, in_place=True)


def is_writable(root: Path) -> bool:
    """False on a read-only folder, where orders are claimed by their row alone."""
    return os.access(root, os.W_OK | os.X_OK)
