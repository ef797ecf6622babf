"""What holds for every test: nothing of the operator's own settings reaches it."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_settings_of_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("MEZZOTINT_"):
            monkeypatch.delenv(name)
