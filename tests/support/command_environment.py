"""The environment in which tests run the command."""

from __future__ import annotations

import os
from pathlib import Path


def environment(state_dir: Path, **more: str) -> dict[str, str]:
    """Nothing of ours from outside but the state directory and the fake engine."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MEZZOTINT_")}
    return {**clean, "MEZZOTINT_STATE_DIR": str(state_dir), "MEZZOTINT_ENGINE__KIND": "fake", **more}
