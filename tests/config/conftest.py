"""What the tests of the settings share."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import sources
from config.errors import ConfigurationError, Problem
from config.settings import Settings


class Configuration:
    """A state directory, a configuration file in it, one of the system, and an environment with nothing else in it."""

    def __init__(self, directory: Path) -> None:
        self.state_dir = directory / "state"
        self.state_dir.mkdir()
        self.system = directory / "etc" / "config.toml"
        self.system.parent.mkdir()
        self.environ = {"MEZZOTINT_STATE_DIR": str(self.state_dir)}

    @property
    def file(self) -> Path:
        return self.state_dir / "config.toml"

    def load(self, named: Path | None = None, **variables: str) -> Settings:
        return sources.load(named, {**self.environ, **variables}, system=self.system)

    def refused(self, named: Path | None = None, **variables: str) -> tuple[Problem, ...]:
        with pytest.raises(ConfigurationError) as caught:
            self.load(named, **variables)
        assert caught.value.problems
        return caught.value.problems

    def problems(self, named: Path | None = None, **variables: str) -> tuple[Problem, ...]:
        return sources.find_problems(named, {**self.environ, **variables}, system=self.system)


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    return Configuration(tmp_path)
