"""The whole daemon as a real process with the fake engine: start, serve, stop, one at a time."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.live_daemon import COMMAND, LiveDaemon
from support.notify_socket import manager
from support.processes import engines_of, usage

pytestmark = pytest.mark.slow


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Callable[..., LiveDaemon]]:
    """``daemon(MEZZOTINT_X="y")``: a daemon that is not started yet; killed at the end of the test."""
    made: list[LiveDaemon] = []

    def make(**environment: str) -> LiveDaemon:
        made.append(LiveDaemon(tmp_path / "state", environment))
        made[-1].cold = True  # the process itself is what is looked at here
        return made[-1]

    yield make
    for each in made:
        if each.process is not None and each.process.poll() is None:
            each.kill()


def _events(daemon: LiveDaemon) -> list[dict[str, Any]]:
    import json

    return [json.loads(line) for line in daemon.log.read_text().splitlines()]


def test_it_starts_draws_and_stops_with_status_zero(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    live.start()
    (job,) = live.wait(live.submit("a red apple"))
    assert job["state"] == "done"
    assert len(job["pictures"]) == 1
    assert Path(job["pictures"][0]["path"]).read_bytes().startswith(b"\x89PNG")
    assert live.stop() == 0
    assert {"daemon_ready", "stop_requested", "daemon_stopped"} <= {event["event"] for event in _events(live)}
    assert not any("a red apple" in str(event) for event in _events(live))


def test_the_state_directory_belongs_to_its_user_alone(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    live.start()
    assert stat.S_IMODE(live.state_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(live.socket.stat().st_mode) == 0o600
    assert live.stop() == 0


def test_a_second_one_is_refused_with_75_and_the_first_is_not_disturbed(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    live.start()
    second = subprocess.run([*COMMAND, "run"], env=live.environment, capture_output=True, timeout=30, check=False)
    assert second.returncode == 75
    assert b"daemon_already_running" in second.stderr
    assert str(live.pid).encode() in second.stderr
    assert live.status()["daemon"]["pid"] == live.pid
    assert live.stop() == 0


def test_it_never_imports_torch_and_stays_small(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    live.start()
    live.wait(*[live.submit(f"picture {number}") for number in range(8)])
    maps = Path(f"/proc/{live.pid}/maps").read_text()
    assert "libtorch" not in maps
    status = dict(line.split(":", 1) for line in Path(f"/proc/{live.pid}/status").read_text().splitlines())
    assert int(status["VmRSS"].split()[0]) < 120 * 1024
    assert live.stop() == 0


def test_a_job_is_accepted_soon_after_the_start(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    live.start()
    live.submit("quickly")
    # Processor time, which other work on the machine does not lengthen; start-up waits for hardly anything else.
    assert usage(live.pid).cpu_seconds < 3
    assert live.stop() == 0


def test_what_was_running_at_a_kill_is_drawn_by_the_next_run(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon(MEZZOTINT_ENGINE__FAKE_STEP_S="0.2")
    live.start()
    ids = [live.submit(f"picture {number}", steps=10) for number in range(3)]
    live.until(lambda: any(live.job(job_id)["state"] == "running" for job_id in ids), 20, "a job runs")
    live.kill()
    live.environment["MEZZOTINT_ENGINE__FAKE_STEP_S"] = "0.001"
    live.start()
    assert {job["state"] for job in live.wait(*ids)} == {"done"}
    assert live.stop() == 0


def test_an_idle_daemon_stops_at_once(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    live.start()
    began = time.monotonic()
    assert live.stop() == 0
    assert time.monotonic() - began < 3


def test_a_running_job_may_finish_within_the_grace_time(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon(MEZZOTINT_ENGINE__FAKE_STEP_S="0.1", MEZZOTINT_STOP__GRACE_SECONDS="30")
    live.start()
    job_id = live.submit("nearly there", steps=10)
    live.until(lambda: live.job(job_id)["state"] == "running", 20, "the job runs")
    assert live.stop() == 0
    live.start()
    job = live.job(job_id)
    assert (job["state"], job["attempts"]) == ("done", 1)
    assert live.stop() == 0


def test_a_job_longer_than_the_grace_time_is_released_with_its_attempt_given_back(
    daemon: Callable[..., LiveDaemon],
) -> None:
    live = daemon(MEZZOTINT_ENGINE__FAKE_STEP_S="1", MEZZOTINT_STOP__GRACE_SECONDS="0.3")
    live.start()
    job_id = live.submit("long", steps=100)
    live.until(lambda: live.job(job_id)["state"] == "running", 20, "the job runs")
    began = time.monotonic()
    assert live.stop() == 0
    assert time.monotonic() - began < 8
    live.environment["MEZZOTINT_ENGINE__FAKE_STEP_S"] = "0.001"
    live.start()
    (job,) = live.wait(job_id)
    assert (job["state"], job["attempts"]) == ("done", 1)
    assert live.stop() == 0


def test_a_second_signal_ends_it_without_waiting_for_the_grace_time(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon(MEZZOTINT_ENGINE__FAKE_STEP_S="1", MEZZOTINT_STOP__GRACE_SECONDS="60")
    live.start()
    job_id = live.submit("long", steps=100)
    live.until(lambda: live.job(job_id)["state"] == "running", 20, "the job runs")
    os.kill(live.pid, signal.SIGTERM)
    live.until(lambda: live.status()["daemon"]["state"] == "stopping", 10, "it says that it stops")
    with live.connection() as connection:
        code, answer = connection.call("POST", "/v1/jobs", {"prompt": "too late"})
    assert code == 503
    assert "stopping" in answer["error"]["message"]
    began = time.monotonic()
    assert live.stop() == 0
    assert time.monotonic() - began < 10


def test_no_process_is_left_after_a_kill(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    live.start()
    live.until(lambda: any(each["pid"] for each in live.status()["engines"]), 20, "an engine runs")
    engines = [each["pid"] for each in live.status()["engines"]]
    live.kill()
    live.until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in engines), 10, "the engine is gone")


def test_the_service_manager_hears_of_every_turn_in_a_daemons_life(
    daemon: Callable[..., LiveDaemon], tmp_path: Path
) -> None:
    """
    1. READY comes once, before any model is loaded, and then pings and the line that says what it does.
    2. The line changes with the work. 3. A hangup is answered by RELOADING and READY.
    Result: STOPPING is the first word after SIGTERM.
    """
    with manager(tmp_path / "notify") as listening:
        live = daemon(**listening.environment(watchdog_seconds=6))
        live.start()
        listening.until(lambda said: said == "READY=1", "it is ready")
        assert listening.heard.count("READY=1") == 1
        listening.until(lambda said: said == "WATCHDOG=1", "a ping")
        live.wait(live.submit("something"))
        listening.until(lambda said: said.startswith("STATUS=idle; starter on fake; last done "), "it has drawn")
        os.kill(live.pid, signal.SIGHUP)
        listening.until(lambda said: said.startswith("RELOADING=1\nMONOTONIC_USEC="), "it reloads")
        listening.until(lambda said: said == "READY=1", "it has reloaded")
        before = len(listening.heard)
        assert live.stop() == 0
        listening.until(lambda said: said.startswith("STOPPING=1\nEXTEND_TIMEOUT_USEC="), "it stops")
        between = listening.heard[before:-1]
        assert all(said.startswith(("STATUS=", "WATCHDOG=")) for said in between), between


def test_a_database_from_the_future_is_refused_and_left_as_it_is(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    live.state_dir.mkdir(mode=0o700)
    database = live.state_dir / "mezzotint.db"
    database.write_bytes(b"this is no database" * 100)
    before = database.read_bytes()
    done = subprocess.run([*COMMAND, "run"], env=live.environment, capture_output=True, timeout=30, check=False)
    assert done.returncode == 78, "no service manager starts it again in vain"
    assert b"daemon_failed" in done.stderr
    assert b"Traceback" not in done.stderr
    assert database.read_bytes() == before


def test_a_private_daemon_ends_with_whoever_started_it(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    with live.log.open("ab") as log:
        live.process = subprocess.Popen(
            [*COMMAND, "run", "--private"], env=live.environment, stdin=subprocess.PIPE, stdout=log, stderr=log
        )
    live.until(live._answers, 90, "it answers")
    assert {each["name"] for each in live.status()["front_ends"]} == {"http"}
    assert live.process.stdin is not None
    live.process.stdin.close()
    assert live.process.wait(20) == 0


def test_an_unread_or_full_log_stops_nothing(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon(MEZZOTINT_LOG__LEVEL="debug")
    with open("/dev/full", "ab") as full:
        live.process = subprocess.Popen(
            [*COMMAND, "run"], env=live.environment, stdin=subprocess.DEVNULL, stdout=full, stderr=full
        )
    live.until(live._answers, 90, "it answers")
    assert {job["state"] for job in live.wait(live.submit("one"), live.submit("two"))} == {"done"}
    assert live.stop() == 0


def test_an_idle_daemon_uses_next_to_no_processor_time(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon()
    live.start()
    live.wait(live.submit("warm"))

    pids = (live.pid, *engines_of(live.pid))
    before = sum(usage(pid).cpu_seconds for pid in pids)
    time.sleep(3)
    assert sum(usage(pid).cpu_seconds for pid in pids) - before < 0.06  # 2 % of the time it watched, both together
    assert live.stop() == 0
