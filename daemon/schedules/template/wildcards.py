"""Lists from which a line is drawn: given with the schedule, or ``wildcards/NAME.txt`` in the state directory."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.errors import UserError

DIRECTORY = "wildcards"
MAX_BYTES = 1024 * 1024
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]|_(?!_)){0,60}")


@dataclass(frozen=True, slots=True)
class Wildcards:
    """Lists by name; a list that is given goes before a file of the same name."""

    directory: Path
    lists: Mapping[str, Sequence[str]]

    def lines(self, name: str) -> Sequence[str]:
        """Of one list: no empty lines, none that begins with ``#``. :class:`UserError` when there is none."""
        if name in self.lists:
            return self.lists[name]
        if not NAME.fullmatch(name):
            raise _absent(name, self.directory)
        found = [line.strip() for line in _text(self.directory, name).splitlines()]
        lines = [line for line in found if line and not line.startswith("#")]
        if not lines:
            raise UserError(f"the list {name!r} is empty", field="prompt")
        return lines


def _text(directory: Path, name: str) -> str:
    path = directory / f"{name}.txt"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode) or about.st_size > MAX_BYTES:
                raise UserError(f"{path} is no text file of at most {MAX_BYTES} bytes", field="prompt")
            return file.read(MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        raise _absent(name, directory) from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8", field="prompt") from None
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}", field="prompt") from None


def _absent(name: str, directory: Path) -> UserError:
    hint = f"give it with the schedule, or write one entry a line into {directory / f'{name}.txt'}"
    return UserError(f"there is no list {name!r}", field="prompt", hint=hint)
