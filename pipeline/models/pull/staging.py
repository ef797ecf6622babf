"""The folder in which a model is put together: hidden, found again by the next try, owned by one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import BusyError, RetryableError, UserError
from pipeline.models.pull.hub import Hub, Listed, Listing, UnreachableHubError, WrongAnswerError
from pipeline.models.pull.pace import Pace, TooSlowError
from pipeline.models.pull.selection import Wanted

PARTIAL = ".part"
TRIES = 4
"""Of one file without progress between them. What a hub sends again, or drips, is none."""
LONGEST_WAIT_SECONDS = 60.0
Moved = Callable[[int], None]


@contextmanager
def opened(path: Path) -> Iterator[None]:
    """The folder, made if need be. Raises ``BusyError`` while another pull works in it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("another pull of this model is under way", hint="wait until it ends") from None
        yield
    finally:
        os.close(descriptor)


def clean(root: Path, wanted: Iterable[Wanted]) -> None:
    """Remove what an earlier try left that is not wanted now, and whatever is no plain file."""
    names = {name for each in wanted for name in (root / each.place, _partial(root, each))}
    for folder, folders, files in os.walk(root):
        for name in (*files, *folders):
            path = Path(folder) / name
            if path.is_symlink() or (name in files and path not in names):
                path.unlink()


def missing(root: Path, wanted: Iterable[Wanted]) -> int:
    """Bytes that are not on the disk yet."""
    total = 0
    for each in wanted:
        held = max(_held(root / each.place), _held(_partial(root, each)))
        total += max(0, each.listed.size - held)
    return total


def fetch(hub: Hub, listing: Listing, wanted: Wanted, root: Path, moved: Moved, pause: Callable[[float], None]) -> None:
    """Have one file whole and right at its place. What is there already is read again, not fetched again."""
    target, partial = root / wanted.place, _partial(root, wanted)
    target.parent.mkdir(exist_ok=True, mode=0o700)
    if _is_plain(target) and is_right(target, wanted.listed):
        moved(wanted.listed.size)
        return
    target.unlink(missing_ok=True)
    earlier = _held(partial)
    moved(earlier)
    _complete(hub, listing, wanted.listed, partial, moved, pause)
    if earlier and not is_right(partial, wanted.listed):  # what an earlier try left may be what is wrong: once anew
        partial.unlink()
        moved(-wanted.listed.size)
        _complete(hub, listing, wanted.listed, partial, moved, pause)
    if not is_right(partial, wanted.listed):
        partial.unlink()
        raise WrongAnswerError(
            f"{wanted.listed.name}: what came is not what the hub listed", hint="nothing of it was kept; try again"
        )
    os.replace(partial, target)


def _partial(root: Path, wanted: Wanted) -> Path:
    """Named after its content too: a part of another commit's file is never gone on with."""
    place = root / wanted.place
    return place.with_name(f"{place.name}.{(wanted.listed.sha256 or wanted.listed.blob or '')[:16]}{PARTIAL}")


def _complete(
    hub: Hub, listing: Listing, listed: Listed, partial: Path, moved: Moved, pause: Callable[[float], None]
) -> None:
    tries, most = 0, _held(partial)
    while True:
        try:
            _append(hub, listing, listed, partial, moved)
            if _held(partial) >= listed.size:
                return
            failure = UnreachableHubError(f"{listed.name} came only in part", hint="try again; what came is kept")
        except UnreachableHubError as error:
            failure = error
        # Against the most there ever was: a hub that starts anew each time would else seem to get on for ever.
        gets_on = _held(partial) > most and not isinstance(failure, TooSlowError)
        tries, most = 1 if gets_on else tries + 1, max(most, _held(partial))
        if tries >= TRIES or failure.wait_seconds > LONGEST_WAIT_SECONDS:
            raise failure
        pause(failure.wait_seconds or 0.5 * 2**tries)


def _append(hub: Hub, listing: Listing, listed: Listed, partial: Path, moved: Moved) -> None:
    """Go on where the last try ended. A body that is longer than it may be is left at once."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
    with open(os.open(partial, flags, 0o600), "wb") as file:
        held = file.seek(0, os.SEEK_END)
        if held >= listed.size:
            if held > listed.size:
                file.truncate(0)
            return
        pace = Pace(listed.name)
        try:
            for chunk in hub.content(listing, listed.name, held):
                if not chunk:
                    moved(-held)
                    held = file.seek(0)
                    file.truncate()
                    continue
                if held + len(chunk) > listed.size:
                    file.truncate(0)
                    raise WrongAnswerError(f"{listed.name}: the hub sends more than the {listed.size} bytes it listed")
                file.write(chunk)
                held += len(chunk)
                moved(len(chunk))
                pace.count(len(chunk))
        finally:
            file.flush()
            os.fsync(file.fileno())


def write(path: Path, content: bytes) -> None:
    """A small file of ours, durable."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def is_right(path: Path, listed: Listed) -> bool:
    """By size, and by the hash that the hub listed. Reads it all."""
    if path.stat().st_size != listed.size:
        return False
    with path.open("rb") as file:
        if listed.sha256:
            return hashlib.file_digest(file, "sha256").hexdigest() == listed.sha256
        digest = hashlib.sha1(f"blob {listed.size}\0".encode(), usedforsecurity=False)
        while chunk := file.read(1024 * 1024):
            digest.update(chunk)
        return digest.hexdigest() == listed.blob


def put_into_place(root: Path, target: Path) -> None:
    """Readable for the service, durable, then under its name in one step."""
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            (Path(folder) / name).chmod(0o644)
        _sync(Path(folder))
        Path(folder).chmod(0o755)
    try:
        os.rename(root, target)
    except OSError as error:
        raise UserError(f"{target} is in the way: {error.strerror}", field="to") from None
    _sync(target.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _held(path: Path) -> int:
    return path.stat().st_size if _is_plain(path) else 0


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def no_space(error: OSError, place: Path) -> RetryableError:
    """For a disk that is full or can't be written."""
    return RetryableError(
        f"{place} can't be written: {error.strerror}",
        hint="mend that; what was fetched is kept, and the same command goes on",
    )
