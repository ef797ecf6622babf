"""Where each setting comes from: the default, a key of the file, or a variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import environment, file, state_directory
from config.environment import Environment
from config.file import File

Location = tuple[str, ...]
"""The names of the sections and of the key: ``("queue", "max_attempts")``."""
DEFAULT = "default"


@dataclass(frozen=True)
class Origins:
    """What was read to make the settings."""

    file: File
    variables: Environment
    state_dir: str | None = None
    """The variable that names the state directory, if one does."""

    def of(self, location: Location) -> str:
        """``default``, ``file PATH`` or ``variable NAME``: the one that decides."""
        if _is_set(self.variables.values, location):
            return f"variable {self.variables.source_of(location)}"
        if _is_set(self.file.values, location):
            return f"file {self.file.path}"
        return f"variable {self.state_dir}" if location == ("state_dir",) and self.state_dir else DEFAULT

    def shadowed(self) -> Iterator[tuple[str, str]]:
        """Keys of the file that do not count, each with the variable that is set too."""
        for location, _ in leaves(self.file.values):
            if _is_set(self.variables.values, location):
                yield ".".join(location), str(self.variables.source_of(location))


def read(config_path: Path | None, environ: Mapping[str, str], *, system: Path = file.SYSTEM) -> Origins:
    """Of the configuration that :func:`config.sources.load` makes the settings of."""
    own = file.read(file.find(config_path, state_directory.default(environ), system))
    return Origins(own, environment.read(environ), state_directory.named_by(environ))


def leaves(section: Mapping[str, Any], before: Location = ()) -> Iterator[tuple[Location, Any]]:
    """Every key with its value; a list of tables is one value."""
    for name, value in section.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*before, name))
        else:
            yield (*before, name), value


def _is_set(values: Any, location: Location) -> bool:
    for name in location:
        if not isinstance(values, Mapping):
            return True  # the section as a whole
        if name not in values:
            return False
        values = values[name]
    return True
