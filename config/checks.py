"""Checks across settings, which no single field can see: places that would swallow each other, names used twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from config.errors import Problem
from config.folders import Places, places
from config.settings import Settings
from config.webhooks import problems as of_webhooks

SOCKET_PATH_BYTES = 107
"""Longest path of a Unix socket: ``sun_path`` has 108 bytes with its end."""
WHY = "results would be taken for orders, or orders for results"


def problems(settings: Settings) -> Iterator[Problem]:
    """Everything that does not fit together. Looks at paths, but makes and changes nothing."""
    yield from _socket(settings)
    yield from _textfile(settings)
    yield from _names(settings)
    yield from _quotas(settings)
    yield from of_webhooks(settings.webhooks)
    if settings.watch_folder.enabled:
        yield from _paths(settings)


def usable(settings: Settings) -> Iterator[Problem]:
    """What keeps a daemon of this user from running on the state directory."""
    path = settings.state_dir
    existing = next((each for each in (path, *path.parents) if os.path.lexists(each)), Path("/"))
    hint = "set MEZZOTINT_STATE_DIR to a directory this user may write to"
    if not existing.is_dir():
        yield Problem("state_dir", f"{existing} is not a directory", hint)
    elif not os.access(existing, os.W_OK | os.X_OK):
        yield Problem("state_dir", f"{existing} may not be written by this user", hint)


def _socket(settings: Settings) -> Iterator[Problem]:
    length = len(os.fsencode(settings.control_socket))
    if length > SOCKET_PATH_BYTES:
        yield Problem(
            "http.socket_path" if settings.http.socket_path else "state_dir",
            f"the path of the control socket would have {length} bytes, {SOCKET_PATH_BYTES} are possible: "
            f"{settings.control_socket}",
            "choose a shorter one",
        )
    if not settings.control_socket.is_absolute():
        yield Problem("http.socket_path", f"is relative: {settings.control_socket}", "give an absolute path")


def _textfile(settings: Settings) -> Iterator[Problem]:
    path, key = settings.metrics.textfile, "metrics.textfile"
    if path is None:
        return
    if not path.is_absolute():
        yield Problem(key, f"is relative: {path}", "give an absolute path")
        return
    if path.is_dir():
        yield Problem(key, f"{path} is a directory", "name a file in it, such as mezzotint.prom")
    taken = [settings.pictures, settings.inputs, settings.quarantine, settings.lock_file.parent]
    if settings.watch_folder.enabled:
        taken += [places(settings.state_dir, folder).path for folder in settings.watch_folder.folders]
    for kept in taken:
        if path.resolve().is_relative_to(kept.resolve()):
            yield Problem(key, f"{path} lies in {kept}, where it would be taken for something else", "choose another")
            return
    own = [settings.database, settings.models_file, settings.lock_file, settings.control_socket]
    if path.resolve() in [each.resolve() for each in own]:
        yield Problem(key, f"{path} is a file of the daemon itself", "choose another")


def _names(settings: Settings) -> Iterator[Problem]:
    for name, times in Counter(folder.name for folder in settings.watch_folder.folders).items():
        if times > 1:
            yield Problem("watch_folder.folders", f"{times} folders are named {name!r}", "give each its own name")
    for name, times in Counter(entry.name for entry in settings.schedules.entries).items():
        if times > 1:
            yield Problem("schedules.entries", f"{times} schedules are named {name!r}", "give each its own name")


def _quotas(settings: Settings) -> Iterator[Problem]:
    for of, times in Counter(rule.of for rule in settings.quotas.rules).items():
        if times > 1:
            yield Problem("quotas.rules", f"{times} rules are for {of!r}", "put all that is said of it into one rule")
    for rule in settings.quotas.rules:
        if rule.queued and not rule.of.startswith(("owner:", "role:")):
            yield Problem(
                f"quotas.rules ({rule.of})",
                "queued bounds the waiting jobs of an owner, which this is not",
                "set it in a rule for owners or a role",
            )


def _paths(settings: Settings) -> Iterator[Problem]:
    folders = [(folder.name, places(settings.state_dir, folder)) for folder in settings.watch_folder.folders]
    for name, own in folders:
        yield from _within(name, own)
        yield from _among_ours(name, own, settings)
    for (name, one), (other_name, other) in combinations(folders, 2):
        if name != other_name:
            yield from _between(name, one, other_name, other)


def _within(name: str, own: Places) -> Iterator[Problem]:
    for (key, path), (other_key, other) in combinations(_four(own), 2):
        if _overlap(path, other):
            yield Problem(
                f"watch_folder.folders ({name})",
                f"{key} ({path}) and {other_key} ({other}) lie inside each other",
                f"choose separate directories; {WHY}",
            )


def _among_ours(name: str, own: Places, settings: Settings) -> Iterator[Problem]:
    ours = (settings.pictures, settings.inputs, settings.quarantine, settings.lock_file.parent)
    for key, path in _four(own):
        for kept in ours:
            if _overlap(path, kept):
                yield Problem(
                    f"watch_folder.folders ({name})",
                    f"{key} ({path}) overlaps {kept}, where the daemon keeps its own files",
                    "choose another directory",
                )
                break


def _between(name: str, one: Places, other_name: str, other: Places) -> Iterator[Problem]:
    """Two folders may share where results go, but nothing may meet what either watches."""
    for key, path in _four(one):
        for other_key, other_path in _four(other):
            if "path" in (key, other_key) and _overlap(path, other_path):
                yield Problem(
                    f"watch_folder.folders ({name}, {other_name})",
                    f"{key} of {name} ({path}) and {other_key} of {other_name} ({other_path}) lie inside each other",
                    f"choose separate directories; {WHY}",
                )


def _four(own: Places) -> tuple[tuple[str, Path], ...]:
    return (("path", own.path), ("outbox", own.outbox), ("done", own.done), ("failed", own.failed))


def _overlap(one: Path, other: Path) -> bool:
    first, second = one.resolve(), other.resolve()
    return first.is_relative_to(second) or second.is_relative_to(first)
