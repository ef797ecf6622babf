"""Does somebody still hold this file open for writing? The kernel tells, for files of our own user."""

from __future__ import annotations

import errno
import fcntl
import signal


def has_writer(descriptor: int) -> bool:
    """True when a writer is known; False when there is none or it can't be told (files of others, network shares).

    A read lease is granted only while nobody has the file open for writing. It is given back at once; should a
    writer come in between, the kernel's notice is turned from SIGIO (which ends a process) into SIGURG (ignored).
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, int(signal.SIGURG))
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    except AttributeError:  # not Linux
        return False
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
