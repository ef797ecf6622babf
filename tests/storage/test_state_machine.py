"""The queue against a model of forty lines, over any sequence of verbs."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from support.queue_driver import LATER, WRONG, QueueDriver

from storage import queue
from storage.queue.job import Job

MAX_ATTEMPTS = 2


class QueueMachine(RuleBasedStateMachine):
    """``model`` holds what each job must look like: state, attempt, alone, cancel_requested."""

    jobs = Bundle("jobs")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.queue = QueueDriver(self.folder, max_attempts=MAX_ATTEMPTS)
        self.model: dict[str, dict[str, Any]] = {}

    def teardown(self) -> None:
        self.queue.close()
        shutil.rmtree(self.folder)

    def owned(self, job: Job) -> dict[str, Any] | None:
        mine = self.model[job.id]
        return mine if (mine["state"], mine["attempt"]) == ("running", job.attempt) else None

    @rule(target=jobs, owner=st.sampled_from(["cli:1", "cli:2"]), priority=st.integers(-1, 1))
    def enqueue(self, owner: str, priority: int) -> str:
        job_id = self.queue.enqueue(owner=owner, priority=priority)
        self.model[job_id] = {"state": "queued", "attempt": 0, "alone": False, "cancel": False}
        return job_id

    @rule(target=claims)
    def claim(self) -> Job | None:
        ready = [each for each in self.model.values() if each["state"] == "queued"]
        found = self.queue.claim()
        assert len(found) == min(1, len(ready))
        if not found:
            return None
        mine = self.model[found[0].id]
        assert mine["state"] == "queued"
        mine.update(state="running", attempt=mine["attempt"] + 1)
        mine["alone"] = mine["alone"] or mine["attempt"] > MAX_ATTEMPTS
        return found[0]

    @rule(job=claims)
    def finish(self, job: Job | None) -> None:
        if job is None:
            return
        mine = self.owned(job)
        assert self.queue.finish(job) == (mine is not None)
        if mine:
            mine.update(state="done", alone=False)

    @rule(job=consumes(claims), wrong=st.booleans())
    def fail(self, job: Job | None, wrong: bool) -> None:
        if job is None:
            return
        mine = self.owned(job)
        state = self.queue.fail(job, WRONG if wrong else LATER)
        if mine is None:
            assert state is None
            return
        again = "cancelled" if mine["cancel"] else "dead" if mine["attempt"] >= MAX_ATTEMPTS else "queued"
        mine.update(state="failed" if wrong else again, alone=False)
        assert state == mine["state"]

    @rule(job=claims)
    def accuse(self, job: Job | None) -> None:
        if job is None:
            return
        mine = self.owned(job)
        states = self.queue.accuse(job)
        if mine is None:
            assert states == {}
            return
        last = mine["alone"] and mine["attempt"] >= MAX_ATTEMPTS
        mine.update(state="cancelled" if mine["cancel"] else "dead" if last else "queued", alone=True)
        assert states == {job.id: mine["state"]}

    @rule(job=consumes(claims))
    def release(self, job: Job | None) -> None:
        if job is None:
            return
        mine = self.owned(job)
        assert self.queue.release(job) == (mine is not None)
        if mine and mine["cancel"]:
            mine.update(state="cancelled")
        elif mine:
            mine.update(state="queued", attempt=mine["attempt"] - 1)

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        mine = self.model[job_id]
        if mine["state"] == "queued":
            mine["state"] = "cancelled"
        elif mine["state"] == "running":
            mine["cancel"] = True
        assert self.queue.write(queue.cancel, job_id, now=self.queue.now) == mine["state"]

    @rule(job_id=jobs)
    def retry(self, job_id: str) -> None:
        mine = self.model[job_id]
        if mine["state"] in ("failed", "dead", "cancelled"):
            alone = mine["alone"] and mine["state"] == "dead"
            mine.update(state="queued", attempt=0, alone=alone, cancel=False)
            self.queue.write(queue.retry, job_id, now=self.queue.now)

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        real = {
            job.id: {"state": job.state, "attempt": job.attempt, "alone": job.alone, "cancel": job.cancel_requested}
            for job in self.queue.read(queue.find)
        }
        assert real == self.model
        counted = {state: n for state, n in self.queue.read(queue.counts).items() if n}
        states = [each["state"] for each in self.model.values()]
        assert counted == {state: states.count(state) for state in set(states)}


@pytest.mark.slow
class TestQueue(QueueMachine.TestCase):  # type: ignore[misc,name-defined]
    """60 sequences of 25 verbs."""

    settings = settings(max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
class TestQueueForLong(QueueMachine.TestCase):  # type: ignore[misc,name-defined]
    """5,000 sequences of 50 verbs."""

    settings = settings(
        max_examples=5_000, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
    )
