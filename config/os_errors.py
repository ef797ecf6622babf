"""Which errors of the operating system pass by themselves."""

from __future__ import annotations

import errno

PASSING = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EAGAIN,
        errno.EBUSY,
        errno.ESTALE,
    }
)


def passes(error: OSError) -> bool:
    """True for a full or failing disk and for used-up resources: worth waiting for.

    False for what somebody has to mend: permissions, a file where a directory should be, a read-only file system.
    """
    return error.errno in PASSING
