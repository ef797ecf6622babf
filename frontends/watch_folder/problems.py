"""What is wrong with a folder at the moment, and what heals it; without user text, for the daemon's status."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass

AGAIN = "tried again by itself, at least once a minute"

_SAYS = {errno.ELOOP: "a symbolic link is in the way"}
"""Where the words of the system are hard to understand."""

_HEALS = {
    errno.ENOSPC: "goes on by itself when there is space again",
    errno.EDQUOT: "goes on by itself when there is room in the quota again",
    errno.EACCES: f"{AGAIN}; the daemon's user must be allowed to read and move what lies there",
    errno.EPERM: f"{AGAIN}; the daemon's user must be allowed to read and move what lies there",
    errno.EROFS: f"{AGAIN}; goes on when it can be written again",
    errno.ENOENT: f"{AGAIN}; goes on when it is there (again), for example once a share is mounted",
    errno.EBUSY: f"{AGAIN}; goes on when nobody holds the file any more",
    errno.ESTALE: f"{AGAIN}; goes on when the share answers again",
    errno.ELOOP: f"{AGAIN}; look below the outbox, done and failed (find -type l) and put a directory in its place",
    errno.EIO: f"{AGAIN}; if it stays, look at the disk or the share",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that works less well than it should."""

    why: str
    heals: str = AGAIN

    @classmethod
    def of(cls, error: OSError, about: str = "") -> Problem:
        """What an error of the system means, and what ends it."""
        number = error.errno or 0
        said = _SAYS.get(number) or (os.strerror(number) if number else error.strerror or type(error).__name__)
        return cls(f"{about} ({said})" if about else said, _HEALS.get(number, AGAIN))
