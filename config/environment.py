"""Settings from ``MEZZOTINT_*`` variables: ``MEZZOTINT_ENGINE__THREADS=2`` is ``threads`` of ``[engine]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource

from config import keys
from config.errors import Problem
from config.nearest import nearest
from config.settings import Settings

OTHER_USES = frozenset({"MEZZOTINT_FAILPOINT"})
"""Variables with our prefix that are no settings."""


class _Shape(Settings, BaseSettings):  # type: ignore[misc]  # their configurations differ in type, not in what we use
    """Settings as pydantic-settings wants to see them; only its fields are used."""


class _Source(EnvSettingsSource):
    """The environment that was handed in, with what can't be read as JSON put aside instead of raised."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(_Shape, env_prefix=keys.PREFIX, env_nested_delimiter=keys.DELIMITER)
        self.env_vars = {name.lower(): value for name, value in given.items()}
        self.unreadable: set[str] = set()

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            self.unreadable.add(str(value))
            return {}


@dataclass(frozen=True)
class Environment:
    """What the variables set, and what is wrong with their names and form."""

    values: dict[str, Any]
    names: tuple[str, ...]
    problems: tuple[Problem, ...]

    def source_of(self, location: tuple[str, ...]) -> str | None:
        """The variable that set what lies at this place of the settings."""
        for name in self.names:
            own = _location(name)
            shared = min(len(own), len(location))
            if own[:shared] == location[:shared]:
                return name
        return None


def read(environ: Mapping[str, str]) -> Environment:
    """Take the settings out of an environment. A variable that is empty counts as not set."""
    ours = {name: value for name, value in environ.items() if name.startswith(keys.PREFIX) and value}
    given = {name: value for name, value in ours.items() if name not in OTHER_USES}
    known = {name: value for name, value in given.items() if _location(name)[0] in Settings.model_fields}
    unknown = tuple(_unknown(name) for name in sorted(given.keys() - known.keys()))
    first = _Source(known)
    first()
    unreadable = tuple(sorted(name for name, value in known.items() if value in first.unreadable))
    readable = {name: value for name, value in known.items() if name not in unreadable}
    problems = unknown + tuple(_unreadable(name) for name in unreadable)
    return Environment(_Source(readable)(), tuple(sorted(readable)), problems)


def _location(name: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(keys.PREFIX).lower().split(keys.DELIMITER))


def _unknown(name: str) -> Problem:
    if keys.SECRET.search(name):
        return Problem(name, "there is no such setting", keys.NO_SECRETS)
    near = nearest(name, keys.variables())
    return Problem(name, "there is no such setting", f"did you mean {near}?" if near else "unset it")


def _unreadable(name: str) -> Problem:
    example = '[{"of": "owner:*"}]' if name == keys.variable("quotas.rules") else '[{"name": "inbox"}]'
    return Problem(name, "is not JSON, which a list or a table must be", f"for example '{example}'")
