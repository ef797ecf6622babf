"""What the tests of the doctor share: settings on a state directory of their own, and one check's findings by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from daemon import directories
from daemon.doctor.finding import Check, Finding

Given = Callable[..., Settings]
Found = Callable[..., dict[str, Finding]]


@pytest.fixture
def given(tmp_path: Path) -> Given:
    """Settings with these sections; the directories are made unless that is not wanted."""

    def settings(*, made: bool = True, **sections: Any) -> Settings:
        values = Settings.model_validate({"state_dir": tmp_path / "state", **sections})
        if made:
            directories.make(values)
        return values

    return settings


@pytest.fixture
def found() -> Found:
    """What a check finds. Whatever is not well must say what to do."""

    def look(check: Check, settings: Settings, **more: Any) -> dict[str, Finding]:
        findings = list(check(settings, **more))
        assert all(finding.hint for finding in findings if finding.level != "ok")
        return {finding.name: finding for finding in findings}

    return look
