"""Models are loaded from their folders alone: an engine that can open no network socket draws as usual."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.draws import draw

from config.settings import EngineSettings
from pipeline.messages import Drawn, Finished, Stop
from pipeline.models.registry import STARTER, Registry, place

from .conftest import Peer

NO_NETWORK = """
import os, socket, sys

REFUSED = (socket.AF_INET, socket.AF_INET6)


def refuse(event, arguments):
    # Below socket.socket itself, so that nobody gets round it by another name of that class.
    wanted = event == "socket.__new__" and arguments[1] in REFUSED
    if wanted or event in ("socket.getaddrinfo", "socket.gethostbyname"):
        # urllib3 tries at its import whether there is IPv6, on a socket that it connects to nothing.
        if not wanted or sys._getframe(2).f_code.co_name != "_has_ipv6":
            os.write(2, b"wanted the network\\n")  # also when whoever asked does not mind
        raise OSError("there is no network here")


sys.addaudithook(refuse)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Python reads such a file before anything else is imported."""
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    return {"PYTHONPATH": str(tmp_path)}


def test_a_process_so_started_gets_no_socket(environment: dict[str, str]) -> None:
    """What the other test rests on."""
    code = "import socket; socket.socketpair(); socket.socket(socket.AF_INET6)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env={**os.environ, **environment}, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"wanted the network" in done.stderr
    assert b"there is no network here" in done.stderr


@pytest.mark.slow
@pytest.mark.engine
def test_the_starter_is_loaded_and_drawn_without_a_network_socket(environment: dict[str, str], tmp_path: Path) -> None:
    peer = Peer(EngineSettings(kind="local", device="cpu"), environment, ready_seconds=60)
    try:
        model = place(Registry(tmp_path / "models.json").get(STARTER))
        peer.send(draw("a", model=model, steps=2, deadline_seconds=60))
        peer.until(Finished, "a", 90)
        [picture] = [said for said in peer.heard if isinstance(said, Drawn)]
        assert len(set(picture.pixels)) > 10
        peer.send(Stop())
        assert peer.process.wait(20) == 0
        assert peer.process.stderr is not None
        assert b"wanted the network" not in peer.process.stderr.read()
    finally:
        peer.close()
