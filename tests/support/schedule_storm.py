"""Kills a daemon with -9 around the due times of its schedules, and checks what became of each due time."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from support.live_daemon import COMMAND, LiveDaemon

STEP_MS = 2_000
PAUSES = (0.0, 2.5, 0.0, 0.5)
"""Between a kill and the next start, in turn: the second is longer than the way from one due time to the next."""
MOST_KEPT = 300
"""Of a schedule so many due times are remembered: a longer storm looks at them before they are forgotten."""


@dataclass
class ScheduleStorm:
    """Schedules every two seconds with each way to catch up. :meth:`rage` returns what is wrong in the end."""

    state_dir: Path
    kills: int
    seed: int
    command: Sequence[str] = COMMAND
    environment: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, str] = field(
        default_factory=lambda: {"none": "none", "one": "one", "three": "all:3", "all": "all:1000"}
    )

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self.daemon = LiveDaemon(
            self.state_dir,
            {
                "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.005",
                "MEZZOTINT_ENGINE__RESTART_SECONDS": "0.05",
                "MEZZOTINT_QUEUE__MAX_ATTEMPTS": "50",
                "MEZZOTINT_WATCH_FOLDER__ENABLED": "false",
                **self.environment,
            },
            command=self.command,
        )
        self.seen: dict[str, dict[int, tuple[str, str | None]]] = {name: {} for name in self.policies}
        """By schedule, what was last said of each due time."""
        self.problems: list[str] = []

    def rage(self) -> list[str]:
        """Kill around due times, let the daemon finish, and check each of them."""
        self.daemon.start()
        for name, policy in self.policies.items():
            body = {
                "name": name,
                "every": "2s",
                "catch_up": policy,
                "time_zone": "UTC",
                "max_in_flight": 3,
                "request": {"prompt": "a cat {n}", "steps": 2, "width": 64, "height": 64},
            }
            self.daemon.call("POST", "/v1/schedules", body)
        for number in range(self.kills):
            self._wait_for_a_due_time()
            self.daemon.kill()
            self._look()
            time.sleep(PAUSES[number % len(PAUSES)])
            self.daemon.start()
        self.daemon.until(self._nothing_waits, 200, "what waits has been drawn")
        for name in self.policies:
            self.daemon.call("POST", f"/v1/schedules/{name}/pause")
        self.daemon.until(self._nothing_waits, 200, "what waits has been drawn")
        self.daemon.until(self._all_is_recorded, 200, "what became of each is in its row")
        self.daemon.stop()
        self._look()
        return [*self.problems, *self._wrong()]

    def _wait_for_a_due_time(self) -> None:
        """Until a little before, at, or after the next two-second mark of some schedule."""
        following = self.daemon.call("GET", "/v1/schedules/one/next?n=1")[0]["due"]
        due = datetime.fromisoformat(following).timestamp()
        time.sleep(max(0.0, due - time.time() + self._chance.uniform(-0.03, 0.12)))

    def _nothing_waits(self) -> bool:
        shown = [self.daemon.call("GET", f"/v1/schedules/{name}") for name in self.policies]
        return not any(
            each["state"] in ("waiting", "queued", "running") for one in shown for each in one["occurrences"]
        )

    def _all_is_recorded(self) -> bool:
        """What is shown comes from the jobs; the rows of the due times follow a moment later."""
        with closing(sqlite3.connect(self.state_dir / "mezzotint.db")) as db:
            return not db.execute("SELECT 1 FROM occurrences WHERE state IN ('waiting', 'queued') LIMIT 1").fetchone()

    def _look(self) -> None:
        """Read the tables; a due time that has a job keeps it."""
        with closing(sqlite3.connect(self.state_dir / "mezzotint.db")) as db:
            rows = db.execute(
                "SELECT s.name, o.due_at, o.state, o.job_id FROM occurrences o JOIN schedules s ON s.id = o.schedule_id"
            ).fetchall()
        for name, due, state, job in rows:
            before = self.seen[name].get(due)
            if before is not None and before[1] is not None and before[1] != job:
                self.problems.append(f"{name}: {due} became {before[1]} and then {job}")
            self.seen[name][due] = (state, job)

    def _wrong(self) -> list[str]:
        found = []
        with closing(sqlite3.connect(self.state_dir / "mezzotint.db")) as db:
            jobs = {row[0]: row[1] for row in db.execute("SELECT id, state FROM jobs")}
            keys = [row[0] for row in db.execute("SELECT key FROM jobs WHERE key LIKE 'schedule-%'")]
        if len(set(keys)) != len(keys):
            found.append("a due time became two jobs")
        named = [job for due_times in self.seen.values() for _, job in due_times.values() if job is not None]
        if len(set(named)) != len(named):
            found.append("a job stands for two due times")
        if set(named) != set(jobs):
            found.append(f"{len(jobs)} jobs, and {len(set(named))} due times that became one")
        if wrong := {job: state for job, state in jobs.items() if state != "done"}:
            found.append(f"jobs ended otherwise: {wrong}")
        for name, due_times in self.seen.items():
            found += [f"{name}: {problem}" for problem in self._wrong_of(sorted(due_times), due_times)]
        return found

    def _wrong_of(self, due: list[int], told: Mapping[int, tuple[str, str | None]]) -> list[str]:
        found = []
        missing = [earlier for earlier, later in pairwise(due) if later - earlier != STEP_MS]
        if missing:
            found.append(f"after {missing} a due time was never decided")
        if any(state not in ("done", "skipped", "missed") for state, _ in told.values()):
            found.append("a due time came to no end")
        if any((job is None) == (state == "done") for state, job in told.values()):
            found.append("a due time ran without a job, or has one and did not run")
        return found

    def count(self, name: str, state: str) -> int:
        """How many due times of a schedule ended so."""
        return sum(each[0] == state for each in self.seen[name].values())
