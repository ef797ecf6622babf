"""Places where a test may kill or fail a process: named once, here, and used by every fault test.

``MEZZOTINT_FAILPOINT=finish.before_commit`` makes the process die there as by ``kill -9``;
``name:3`` at the third passage; ``name@ENOSPC`` raises that ``OSError`` there instead, at every passage.
Without the variable a passage costs one comparison.
"""

from __future__ import annotations

import errno
import os
from collections import Counter

NAMES = frozenset(
    {
        "enqueue.before_commit",
        "enqueue.after_commit",
        "claim.after_commit",
        "result.before_write",
        "result.after_write",
        "result.after_fsync",
        "result.after_replace",
        "result.after_directory_fsync",
        "finish.before_commit",
        "finish.after_commit",
        "delivery.before",
        "delivery.after",
        "order.after_row",
        "order.after_rename",
        "order.after_submit",
        "order.before_done",
        "order.after_done",
        "prune.before_commit",
        "prune.after_commit",
        "prune.after_unlink",
        "prune.after_notes",
        "backup.after_database",
        "backup.after_files",
        "backup.before_rename",
        "backup.after_rename",
        "restore.after_copy",
        "restore.after_ready",
        "restore.while_moving",
        "restore.after_moving",
        "restore.while_placing",
        "engine.before_drawn",
        "engine.after_drawn",
    }
)

_WANTED = os.environ.get("MEZZOTINT_FAILPOINT", "")
_passages: Counter[str] = Counter()


def reach(name: str) -> None:
    """Die or raise here if a test asked for it."""
    if _WANTED and _WANTED.partition("@")[0].partition(":")[0] == name:
        _fire(name)


def _fire(name: str) -> None:
    place, _, error = _WANTED.partition("@")
    if error:
        number = getattr(errno, error)
        raise OSError(number, os.strerror(number))
    _passages[name] += 1
    if _passages[name] == int(place.partition(":")[2] or 1):
        os._exit(137)
