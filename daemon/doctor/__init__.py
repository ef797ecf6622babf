"""Looks at everything around the daemon that commonly goes wrong, without changing anything.

``examine`` is for ``mezzotint doctor``; each check is a function of the settings that returns findings and
never raises: what it can't look at is itself a finding.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from config import mounts
from config.folders import places
from config.settings import Settings
from daemon import lock
from daemon.device_probe import probe
from daemon.doctor.finding import Finding, Level
from daemon.doctor.leftovers import check_moves, check_quarantine
from daemon.doctor.limits import check_inodes, check_memory, check_open_files
from daemon.doctor.service import check_credentials, check_hardening, check_unit

__all__ = ["Finding", "Level", "examine"]

EARLIEST = 1_735_689_600  # 2025-01-01: no machine that runs this release is earlier
MAX_SOCKET_PATH_BYTES = 107  # sun_path of Linux, less its NUL
FEW_WATCHES = 8_192
SHORT_QUEUE = 16_384
SLOW_FSYNC_MS = 200.0


def examine(settings: Settings, *, device: bool = True) -> list[Finding]:
    """Everything, in the order an operator would look. ``device`` starts a child that imports torch (seconds)."""
    checks: list[Callable[[Settings], Iterator[Finding]]] = [
        check_lock,
        check_clock,
        check_permissions,
        check_disk,
        check_fsync,
        check_sqlite,
        check_socket_path,
        check_inotify,
        check_inodes,
        check_open_files,
        check_memory,
        check_quarantine,
        check_moves,
        check_credentials,
        check_hardening,
        check_unit,
    ]
    if device:
        checks.append(check_device)
    return [finding for check in checks for finding in _carefully(check, settings)]


def check_lock(settings: Settings) -> Iterator[Finding]:
    """Does a daemon run here?"""
    pid = lock.owner(settings.lock_file)
    none = "no daemon runs for this state directory"
    yield Finding("daemon", "ok", none if pid is None else f"a daemon runs (pid {pid or 'unknown'})")


def check_clock(settings: Settings) -> Iterator[Finding]:
    """Is the time believable: not before this release, not before what was written already?"""
    now = time.time()
    if now < EARLIEST:
        yield Finding("clock", "fail", f"the clock says {_date(now)}", "set the time (timedatectl set-ntp true)")
        return
    newest = settings.database.stat().st_mtime if settings.database.exists() else now
    if newest > now + 60:
        detail = f"the database was written {newest - now:.0f} s in the future of the clock"
        yield Finding("clock", "warn", detail, "set the time (timedatectl set-ntp true)")
        return
    yield Finding("clock", "ok", f"{_date(now)}, time zone {time.tzname[0]}")


def check_permissions(settings: Settings) -> Iterator[Finding]:
    """May we write where we must, and nobody else?"""
    state = settings.state_dir
    if not state.exists():
        parent = next(each for each in state.parents if each.exists())
        able = os.access(parent, os.W_OK)
        hint = None if able else "set MEZZOTINT_STATE_DIR to a directory this user may write to"
        yield Finding("state directory", "ok" if able else "fail", f"{state} will be made at the first start", hint)
        return
    mode = state.stat().st_mode & 0o777
    if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("state directory", "fail", f"{state} can't be written by this user", f"chown it to {os.getuid()}")
    elif mode & 0o007:
        yield Finding("state directory", "warn", f"{state} is open to everybody ({mode:o})", f"chmod 700 {state}")
    else:
        yield Finding("state directory", "ok", f"{state} ({mode:o})")
    if settings.watch_folder.enabled:
        yield from _check_folders(settings)


def _check_folders(settings: Settings) -> Iterator[Finding]:
    for folder in settings.watch_folder.folders:
        where = places(settings.state_dir, folder)
        paths = (where.path, where.outbox, where.done, where.failed)
        closed = [path for path in paths if path.exists() and not os.access(path, os.R_OK | os.W_OK | os.X_OK)]
        if closed:
            listed = ", ".join(map(str, closed))
            yield Finding(f"folder {folder.name}", "fail", f"not readable and writable: {listed}", "chown or chmod it")
        else:
            yield Finding(f"folder {folder.name}", "ok", str(where.path))


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Is there more free space than the floor?"""
    least = settings.storage.min_free_bytes
    free = min(_free_bytes(place) for place in (settings.state_dir, settings.pictures))
    detail = f"{free / 2**30:.1f} GiB free, at least {least / 2**30:.2f} GiB must stay free (storage.min_free_bytes)"
    level: Level = "fail" if free < least else "warn" if free < 4 * least else "ok"
    yield Finding("disk", level, detail, None if level == "ok" else "free some space")


def check_fsync(settings: Settings) -> Iterator[Finding]:
    """Does the file system make things durable, and is it a local one (SQLite in WAL mode needs that)?"""
    where = _existing(settings.state_dir)
    kind = mounts.kind_of(where)
    if mounts.is_remote(kind):
        yield Finding("file system", "fail", f"{where} lies on {kind}", "put the state directory on a local disk")
    took = _fsync_ms(where)
    slow = took > SLOW_FSYNC_MS
    hint = "every accepted job waits for one fsync; a faster disk helps" if slow else None
    yield Finding("fsync", "warn" if slow else "ok", f"file and directory in {took:.1f} ms on {kind}", hint)


def check_sqlite(settings: Settings) -> Iterator[Finding]:
    """Is SQLite new enough?"""
    from storage.database import SQLITE_FIXED_IN, sqlite_version

    version = sqlite_version()
    text, fixed = ".".join(map(str, version)), ".".join(map(str, SQLITE_FIXED_IN))
    if version < SQLITE_FIXED_IN:
        detail = f"SQLite {text} has the WAL-reset defect (fixed in {fixed}); the single writer of the daemon avoids it"
        yield Finding("sqlite", "warn", detail, "never write to the database with other tools while the daemon runs")
    else:
        yield Finding("sqlite", "ok", f"SQLite {text}")


def check_socket_path(settings: Settings) -> Iterator[Finding]:
    """Does the path of the control socket fit into an address?"""
    length = len(os.fsencode(settings.control_socket))
    if length > MAX_SOCKET_PATH_BYTES:
        detail = f"{settings.control_socket} has {length} bytes, {MAX_SOCKET_PATH_BYTES} are possible"
        yield Finding("control socket", "fail", detail, "choose a shorter MEZZOTINT_STATE_DIR")
        return
    if lock.owner(settings.lock_file) is None:
        yield Finding("control socket", "ok", f"{length} of {MAX_SOCKET_PATH_BYTES} bytes")
    elif _answers(settings.control_socket):
        yield Finding("control socket", "ok", "the daemon answers")
    else:
        yield Finding("control socket", "fail", "a daemon runs but its socket does not answer", "look at its log")


def check_inotify(settings: Settings) -> Iterator[Finding]:
    """Are the kernel's limits on watching folders high enough? (What is missed is found by the periodic scan.)"""
    base = Path("/proc/sys/fs/inotify")
    if not base.is_dir():
        yield Finding("inotify", "warn", "not offered by this system", "folders are found by their periodic scan only")
        return
    watches = int((base / "max_user_watches").read_text())
    queue = int((base / "max_queued_events").read_text())
    detail = f"{watches} watches, {queue} queued events"
    few = watches < FEW_WATCHES or queue < SHORT_QUEUE
    hint = f"sysctl fs.inotify.max_user_watches={FEW_WATCHES * 8} fs.inotify.max_queued_events={SHORT_QUEUE}"
    yield Finding("inotify", "warn" if few else "ok", detail, hint if few else None)


def check_device(settings: Settings) -> Iterator[Finding]:
    """What would the engine draw on? Asked in a child, since the daemon never imports torch."""
    if settings.engine.kind == "fake":
        yield Finding("device", "warn", "the fake engine is configured: it draws test pictures", "engine.kind = local")
        return
    found = probe()
    if found.problem:
        yield Finding("device", "fail", found.problem, "is torch installed in this environment?")
        return
    wanted = settings.engine.device
    usable = wanted == "auto" or wanted.partition(":")[0] in found.devices
    hint = None if usable else f"engine.device may be auto or one of: {', '.join(found.devices)}"
    yield Finding("device", "ok" if usable else "fail", f"{wanted}: {found.detail}", hint)


# --- how


def _carefully(check: Callable[[Settings], Iterator[Finding]], settings: Settings) -> list[Finding]:
    try:
        return list(check(settings))
    except PermissionError as error:
        hint = "sudo -u mezzotint mezzotint doctor"
        return [Finding(_name(check), "warn", f"this user may not look at it: {error.filename}", hint)]
    except Exception as error:  # a check that can't look says so; the others still look
        return [Finding(_name(check), "warn", f"can't be looked at: {error}")]


def _name(check: Callable[[Settings], Iterator[Finding]]) -> str:
    return check.__name__.removeprefix("check_").replace("_", " ")


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _free_bytes(path: Path) -> int:
    figures = os.statvfs(_existing(path))
    return figures.f_bavail * figures.f_frsize


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(seconds))


def _fsync_ms(directory: Path) -> float:
    began = time.perf_counter()
    with tempfile.TemporaryFile(dir=directory) as file:
        file.write(b"\0" * 4096)
        file.flush()
        os.fsync(file.fileno())
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return (time.perf_counter() - began) * 1000


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True
