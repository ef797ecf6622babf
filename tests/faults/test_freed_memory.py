"""``pause --free-memory`` with the real engine: what it had is free, and the next picture is as the one before."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.processes import engines_of, usage, wait_until_gone

pytestmark = [pytest.mark.slow, pytest.mark.engine]

ENVIRONMENT = {
    "MEZZOTINT_ENGINE__KIND": "local",
    "MEZZOTINT_ENGINE__DEVICE": "cpu",
    "MEZZOTINT_ENGINE__THREADS": "1",
}
PICTURE = {"seed": 7, "steps": 2, "deterministic": True}


@pytest.mark.timeout(600)
def test_the_engine_gives_all_its_memory_back_and_draws_the_same_after(tmp_path: Path) -> None:
    """
    1. A picture is drawn by the real engine, the queue is paused with its memory: the engine process is gone.
    2. A job waits, over a kill and a start of the daemon too, and no engine comes up. 3. After the resume it is drawn,
    and the first picture again, to the bit.
    """
    live = LiveDaemon(tmp_path / "state", ENVIRONMENT)
    live.start(120)
    try:
        (first,) = live.wait(live.submit("a red apple", **PICTURE), seconds=300)
        (engine,) = engines_of(live.pid)
        before = usage(engine).resident_mib
        assert before > 100, "it holds a model"
        said = live.command_line("pause", "--free-memory")
        assert said.returncode == 0
        assert "the engine gives its memory back" in said.stdout
        live.until(lambda: live.status()["engines"][0]["state"] == "freed", 60, "it is told")
        wait_until_gone(engine, 30)
        print(f"the engine had {before:.0f} MiB, and has ended")
        assert "models freed" in live.command_line("status").stdout

        waiting = live.submit("a green tree", **PICTURE)
        live.kill()
        live.start(120)
        status = live.status()
        assert (status["paused"], status["freed"]) == (True, True)
        live.until(lambda: live.status()["engines"][0]["state"] == "freed", 30, "it stays so")
        assert engines_of(live.pid) == []
        assert live.job(waiting)["state"] == "queued"

        assert live.command_line("resume").returncode == 0
        (again, later) = live.wait(live.submit("a red apple", **PICTURE), waiting, seconds=300)
        assert later["state"] == "done"
        assert again["pictures"][0]["pixels_sha256"] == first["pictures"][0]["pixels_sha256"]
        assert live.status()["freed"] is False
    finally:
        live.stop()
