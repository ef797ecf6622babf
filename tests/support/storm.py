"""Kills the daemon and its engine with -9 at random moments, while jobs go on being submitted."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.invariants import problems
from support.live_daemon import COMMAND, TERMINAL, LiveDaemon
from support.processes import engines_of, wait_until_gone

MAX_ATTEMPTS = 50
"""Random kills are charged to innocent jobs."""
ORPHAN_SECONDS = 5.0


@dataclass
class Storm:
    """One run. :meth:`rage` returns what is wrong in the end."""

    state_dir: Path
    jobs: int
    kills: int
    seed: int
    command: Sequence[str] = COMMAND
    environment: dict[str, str] = field(default_factory=dict)
    engine_share: float = 0.4
    """Of the kills that hit the engine and not the daemon."""
    longest_seconds: float = 0.8
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Id by idempotency key, noted only when the answer was here."""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._killed = 0
        self._over = threading.Event()
        self._errors: list[BaseException] = []
        self.daemon = LiveDaemon(
            self.state_dir,
            {
                "MEZZOTINT_QUEUE__MAX_ATTEMPTS": str(MAX_ATTEMPTS),
                "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.02",
                "MEZZOTINT_ENGINE__RESTART_SECONDS": "0.05",
                "MEZZOTINT_WATCH_FOLDER__ENABLED": "false",
                **self.environment,
            },
            command=self.command,
        )

    def rage(self, seconds: float = 300.0) -> list[str]:
        """Submit and kill until both are used up, let the daemon finish, and check everything."""
        self.daemon.start()
        producer = threading.Thread(target=self._produce)
        producer.start()
        try:
            for _ in range(self.kills):
                self._wait_for_a_moment()
                self._kill()
                self._killed += 1
            self._revive()
            producer.join(seconds)
            assert not producer.is_alive(), f"{len(self.acknowledged)} of {self.jobs} jobs were taken"
            self.daemon.until(self._all_ended, seconds, "all jobs have ended")
        finally:
            self._over.set()
            producer.join()
            self._end()
        if self._errors:
            raise self._errors[0]
        self._revive()  # what recovery leaves is what counts
        self.daemon.stop()
        return problems(self.state_dir, self.acknowledged.values(), max_attempts=MAX_ATTEMPTS)

    def _end(self) -> None:
        if self.daemon.process is not None and self.daemon.process.poll() is None:
            with contextlib.suppress(AssertionError):
                self.daemon.stop()

    # --- killing

    def _wait_for_a_moment(self) -> None:
        """Three of four kills come while jobs are drawn, the others whenever."""
        if self._chance.random() < 0.75:
            with contextlib.suppress(AssertionError):  # nothing left to draw: then it is an idle daemon that dies
                self.daemon.until(self._some_run, 5, "a job runs")
            time.sleep(self._chance.uniform(0.0, 0.3))
        else:
            time.sleep(self._chance.uniform(0.0, self.longest_seconds))

    def _some_run(self) -> bool:
        try:
            return bool(self.daemon.status()["engines"][0]["active"])
        except (OSError, http.client.HTTPException, AssertionError):
            self._revive()
            return False

    def jobs_hit(self) -> int:
        """Attempts that a kill ended."""
        with sqlite3.connect(self.state_dir / "mezzotint.db") as connection:
            (found,) = connection.execute("SELECT count(*) FROM attempts WHERE outcome = 'accused'").fetchone()
        connection.close()
        return int(found)

    def _kill(self) -> None:
        engines = engines_of(self.daemon.pid)
        if engines and self._chance.random() < self.engine_share:
            with contextlib.suppress(ProcessLookupError):
                os.kill(engines[0], signal.SIGKILL)
            return
        self.daemon.kill()
        for engine in engines:
            wait_until_gone(engine, ORPHAN_SECONDS)
        if self._chance.random() < 0.3:
            self._kill_while_it_starts()
        self._revive()

    def _kill_while_it_starts(self) -> None:
        hour = threading.Timer(self._chance.uniform(0.0, 2.0 if self.daemon.cold else 0.6), self._kill_whatever_runs)
        hour.start()
        with contextlib.suppress(AssertionError):
            self.daemon.start()
        hour.join()
        with contextlib.suppress(AssertionError):
            assert self.daemon.process is not None
            self.daemon.process.wait(10)

    def _kill_whatever_runs(self) -> None:
        if self.daemon.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.daemon.process.kill()

    def _revive(self) -> None:
        if self.daemon.process is None or self.daemon.process.poll() is not None:
            self.daemon.start()

    # --- submitting

    def _produce(self) -> None:
        try:
            for number in range(self.jobs):
                while number > (self._killed + 1) * self.jobs / max(1, self.kills) and not self._over.is_set():
                    self._over.wait(0.01)  # spread over the kills, so that each finds work in hand
                self._submit(number)
        except BaseException as error:  # handed to the main thread
            self._errors.append(error)

    def _submit(self, number: int) -> None:
        """Until it is acknowledged: a client that heard nothing asks again with the same key."""
        key, body = f"storm-{number}", self._order(number)
        while not self._over.is_set():
            try:
                with self.daemon.connection() as connection:
                    status, answer = connection.call("POST", "/v1/jobs", {**body, "key": key})
            except (OSError, http.client.HTTPException, ValueError):
                self._over.wait(0.02)
                continue
            if status < 400:
                self.acknowledged[key] = answer["id"]
                return
            assert status in (429, 500, 503), answer
            self._over.wait(0.02)

    def _order(self, number: int) -> dict[str, Any]:
        chance = random.Random(self.seed * 100_003 + number)
        return {
            "prompt": f"thing {number}",
            "seed": number,
            "steps": chance.randint(2, 16),
            "width": 64 * chance.randint(1, 3),
            "height": 64,
            "count": chance.choice((1, 1, 1, 2)),
            "lane": chance.choice(("interactive", "folder", "background")),
            "owner": f"cli:{chance.randint(1, 3)}",
        }

    def _all_ended(self) -> bool:
        try:
            # In one answer: a job may go back from running to queued between two. And from the jobs themselves: the
            # counts of `status` are among what a broken daemon gets wrong.
            return all(job["state"] in TERMINAL for job in self.daemon.jobs())
        except (OSError, http.client.HTTPException, AssertionError):
            self._revive()
            return False
