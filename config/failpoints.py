"""Places where a test may kill, fail or stop a process: named once, here, and used by every fault test.

``MEZZOTINT_FAILPOINT`` says where and how, and without it a passage costs one comparison:

==================  ==================================================================
``name``            the process dies there as by ``kill -9``
``name:3``          ... at the third passage
``name@ENOSPC``     that ``OSError`` is raised there, at every passage
``name:3@EIO``      ... at the third passage only
``name@HANG``       whoever comes there stays there (``name:3@HANG``: at the third passage)
==================  ==================================================================
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections import Counter

from config.errors import ConfigurationError, Problem
from config.nearest import nearest

NAMES = frozenset(
    {
        # a job is taken in
        "enqueue.before_commit",
        "enqueue.after_commit",
        # and given to an engine
        "claim.before_commit",
        "claim.after_commit",
        # the engine has drawn a picture of it
        "engine.before_drawn",
        "engine.after_drawn",
        # a file becomes durable (a picture, an input)
        "result.before_write",
        "result.after_write",
        "result.after_fsync",
        "result.after_replace",
        "result.after_directory_fsync",
        # the result is recorded
        "finish.before_commit",
        "finish.after_commit",
        # and brought to where the job came from
        "delivery.before",
        "delivery.after",
        "delivery.recorded",
        # a message of a result is sent to Discord, and written down
        "discord.before_post",
        "discord.after_post",
        "discord.after_record",
        "discord.before_told",
        "discord.after_told",
        # an order file becomes jobs, and comes to its end
        "order.after_row",
        "order.after_rename",
        "order.after_submit",
        "order.before_done",
        "order.after_done",
        # a due time of a schedule is decided
        "occurrence.before_advance",
        "occurrence.before_commit",
        "occurrence.after_commit",
        # any transaction
        "database.before_commit",
        # start-up
        "migration.before_commit",
        "migration.after_commit",
        "recovery.after_requeue",
        "recovery.after_files",
        # old jobs and their files go
        "prune.before_commit",
        "prune.after_commit",
        "prune.after_unlink",
        "prune.after_notes",
        # a backup is made, and restored
        "backup.after_database",
        "backup.after_files",
        "backup.before_rename",
        "backup.after_rename",
        "restore.after_copy",
        "restore.after_ready",
        "restore.while_moving",
        "restore.after_moving",
        "restore.while_placing",
    }
)

VARIABLE = "MEZZOTINT_FAILPOINT"
HANG = "HANG"
_FORM = re.compile(r"(?P<name>[a-z_.]+)(:(?P<passage>[1-9][0-9]*))?(@(?P<action>[A-Z0-9]+))?")

_WANTED = os.environ.get(VARIABLE, "")
_passages: Counter[str] = Counter()


def check() -> None:
    """Refuse a failpoint that would never fire; raises :class:`ConfigurationError`. Asked once, at start."""
    form = _FORM.fullmatch(_WANTED)
    if not _WANTED:
        return
    if form is None:
        raise _refused(f"{_WANTED!r} is not a failpoint", "write name, name:3, name@EIO, name:3@EIO or name@HANG")
    if (name := form["name"]) not in NAMES:
        near = nearest(name, sorted(NAMES))
        meant = f"did you mean {near!r}? " if near else ""
        raise _refused(f"there is no failpoint {name!r}", f"{meant}there are: {', '.join(sorted(NAMES))}")
    if form["action"] not in (None, HANG) and not hasattr(errno, form["action"]):
        raise _refused(f"there is no error {form['action']!r}", "write the name of an errno, or HANG")


def reach(name: str) -> None:
    """Die, raise or stay here if a test asked for it."""
    if _WANTED and _WANTED.partition("@")[0].partition(":")[0] == name:
        _fire(name)


def _fire(name: str) -> None:
    place, _, action = _WANTED.partition("@")
    passage = place.partition(":")[2]
    _passages[name] += 1
    if _passages[name] != int(passage or 1) and (passage or not action):
        return
    while action == HANG:
        time.sleep(3600)
    if action:
        number = getattr(errno, action)
        raise OSError(number, os.strerror(number))
    os._exit(137)


def _refused(message: str, hint: str) -> ConfigurationError:
    return ConfigurationError.of(Problem(VARIABLE, message, hint))
