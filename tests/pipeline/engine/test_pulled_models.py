"""Models of several families that came from a hub draw what their originals draw: nothing that a part needs is left."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import fake_hub
from support.live_daemon import COMMAND


@pytest.mark.slow
@pytest.mark.parametrize("family", ["sd", "sdxl", "flux"])
def test_a_fetched_model_draws_what_its_original_draws(
    family: str, tiny: dict[str, Path], drive: Callable[..., Any], tmp_path: Path
) -> None:
    with fake_hub.running() as hub:
        hub.push_folder(tiny[family])
        done = subprocess.run(
            [*COMMAND, "models", "pull", fake_hub.REPOSITORY, "--endpoint", hub.address],
            env=fake_hub.surroundings(tmp_path / "state", tmp_path / "home"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    fetched = tmp_path / "state" / "models" / "tiny"
    steps = {"scheduler": "Flow Euler"} if family == "flux" else {}
    drawn, original = (drive(folder).alone("a", **steps).pixels for folder in (fetched, tiny[family]))
    assert drawn == original
