"""The daemon with a clock that a test sets: ``CLOCK_FILE`` holds the seconds by which it is wrong."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import config.clock


def install(file: Path) -> None:
    """From now on the clock is off by what the file says."""

    def wrong() -> int:
        return time.time_ns() // 1_000_000 + int(float(file.read_text()) * 1000)

    config.clock.now_ms = wrong  # before anything that imports it by name


if __name__ == "__main__":
    install(Path(os.environ["CLOCK_FILE"]))
    from daemon.cli.main import main

    sys.exit(main())
