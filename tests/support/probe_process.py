"""The probing bot in a process of its own, which a test may kill."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CLIENT = """
import asyncio, sys
sys.path[:0] = sys.argv[3:]
from support.probe_bot import Probe
asyncio.run(Probe(sys.argv[1]).start(sys.argv[2]))
"""


def start(api_base: str, token: str) -> subprocess.Popen[bytes]:
    """A client that runs until it is killed."""
    command = [sys.executable, "-W", "ignore", "-c", CLIENT, api_base, token, str(TESTS.parent), str(TESTS)]
    return subprocess.Popen(command)
