"""A file that was named on the command line: read whole, when it is one and not too large."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class NoFileError(Exception):
    """It can't be read; the message goes behind the name of the option."""


def read(path: Path, max_bytes: int) -> bytes:
    """All bytes of a regular file; pipes, devices and files beyond ``max_bytes`` raise :class:`NoFileError`."""
    try:
        # Not blocking: a pipe without a writer would hold us up before we can see that it is none of ours to read.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise NoFileError(f"{path} is not a file")
            if found.st_size <= max_bytes and len(data := file.read(max_bytes + 1)) <= max_bytes:
                return data
            raise NoFileError(f"{path} is larger than {max_bytes} bytes")
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NoFileError(f"can't read {path}: {said.lower()}") from None
