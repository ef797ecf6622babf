"""The engine as a real process: how it starts, works and, above all, ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.draws import draw

from pipeline.messages import Drawn, Dying, Finished, Progress, Stop

from .conftest import Peer


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone_after(pid: int, seconds: float) -> float:
    began = time.monotonic()
    while alive(pid):
        assert time.monotonic() - began < seconds, f"process {pid} is still there after {seconds} s"
        time.sleep(0.01)
    return time.monotonic() - began


def test_a_job_is_drawn(fake_engine: Peer) -> None:
    fake_engine.send(draw("a", width=128, height=64))
    fake_engine.until(Finished)
    (drawn,) = (message for message in fake_engine.heard if isinstance(message, Drawn))
    assert (drawn.width, drawn.height, len(drawn.pixels)) == (128, 64, 128 * 64 * 3)


def test_a_stop_ends_it_with_status_0(fake_engine: Peer) -> None:
    fake_engine.send(Stop())
    assert fake_engine.process.wait(5) == 0


def test_the_end_of_the_pipe_ends_it_in_the_middle_of_a_forward(fake_engine: Peer) -> None:
    fake_engine.send(draw("a", prompt="[hang]"))
    fake_engine.until(Progress)
    fake_engine.socket.close()
    fake_engine.process.wait(5)


def test_signals_meant_for_the_daemon_do_not_end_it(fake_engine: Peer) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        fake_engine.process.send_signal(number)
    fake_engine.send(draw("a"))
    fake_engine.until(Finished)


def test_it_makes_way_for_the_daemon(fake_engine: Peer) -> None:
    threads = os.listdir(f"/proc/{fake_engine.process.pid}/task")
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert {os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in threads} == {min(19, max(5, ours))} or ours > 5


def test_it_leads_a_session_of_its_own(fake_engine: Peer) -> None:
    assert os.getsid(fake_engine.process.pid) == fake_engine.process.pid


def test_noise_on_the_pipe_ends_it(fake_engine: Peer) -> None:
    fake_engine.socket.sendall(b"\x00\x00\x00\x02\xc1\xc1")
    fake_engine.process.wait(5)


def test_what_the_engine_raises_is_told_before_it_dies(fake_engine: Peer) -> None:
    fake_engine.send(draw("a", prompt="[raise]"))
    said = fake_engine.until(Dying)
    assert said.message == "RuntimeError: the fake engine was told to raise"
    assert fake_engine.process.wait(5) == 1
    assert fake_engine.process.stderr is not None
    assert b'"event": "engine_failed"' in fake_engine.process.stderr.read()


@pytest.mark.parametrize(("word", "status"), [("crash", -signal.SIGKILL), ("segv", -signal.SIGSEGV), ("exit", 3)])
def test_it_dies_on_command(fake_engine: Peer, word: str, status: int) -> None:
    fake_engine.send(draw("a", prompt=f"[{word}]"))
    assert fake_engine.process.wait(10) == status


def test_it_does_not_start_under_a_parent_that_is_gone_already() -> None:
    command = [sys.executable, "-P", "-m", "pipeline.engine", "--fd", "0", "--parent", "1", "--settings", "{}"]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_it_is_gone_soon_after_its_parent_was_killed() -> None:
    """1. A parent starts an engine that hangs. 2. The parent is killed with -9. Result: the engine is gone."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from conftest import Peer; from config.settings import EngineSettings; from support.draws import draw\n"
        "from pipeline.messages import Progress\n"
        "peer = Peer(EngineSettings(kind='fake', fake_step_s=0.01)); peer.send(draw('a', prompt='[hang]'))\n"
        "peer.until(Progress); print(peer.process.pid, flush=True); sys.stdin.read()\n"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(Path(__file__).parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as parent:
        assert parent.stdout is not None
        engine = int(parent.stdout.readline())
        assert alive(engine)
        parent.kill()
        assert gone_after(engine, 5.0) < 5.0


def test_the_fake_engine_starts_without_torch_and_pillow() -> None:
    script = (
        "import sys; from pipeline.engine.__main__ import _build; from config.settings import EngineSettings\n"
        "_build(EngineSettings(kind='fake'), print)\n"
        "print(sorted({'torch', 'diffusers', 'transformers', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout == "[]\n"
