"""What is held and used, against a model, over any sequence of verbs."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from support.queue_driver import LATER, WRONG, QueueDriver, new_job
from support.requests import settled

from config.errors import ConflictError, QuotaError
from storage import queue
from storage.prune import jobs as prune
from storage.prune.rule import Rule
from storage.queue.job import Job
from storage.quotas.terms import Allowance, Terms
from storage.quotas.usage import usage_of
from storage.schema import stored, usage

LIMIT_DAY, LIMIT_MONTH, CAP = 5, 12, 3
SCOPES = ("owner:cli:1", "owner:cli:2", "guild:9")


def terms_of(owner: str) -> Terms:
    """Each owner a budget of a day, both together one of a month, and a cap."""
    return Terms(
        (
            Allowance(f"owner:{owner}", "owners", "pictures", "day", LIMIT_DAY),
            Allowance("guild:9", "the guild", "pictures", "month", LIMIT_MONTH),
            Allowance(f"owner:{owner}", "cap", "queued", None, CAP),
        ),
        engine_ms=700,
    )


class QuotaMachine(RuleBasedStateMachine):
    """``model`` holds of each job: state, owner, pictures, the day in which it counts, attempt and what it made."""

    jobs = Bundle("jobs")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.queue = QueueDriver(self.folder, max_attempts=2)
        self.model: dict[str, dict[str, Any]] = {}
        self.used: Counter[tuple[str, str, str]] = Counter()
        """By (scope, kind of period, period); what was used stays when jobs are pruned or tried again."""

    def teardown(self) -> None:
        self.queue.close()
        shutil.rmtree(self.folder)

    # --- the model

    @property
    def day(self) -> str:
        return datetime.fromtimestamp(self.queue.now / 1000, UTC).date().isoformat()

    def held(self, scope: str, period: str) -> int:
        mine = (job for job in self.model.values() if job["state"] in ("queued", "running"))
        return sum(job["pictures"] for job in mine if scope in job["scopes"] and job["day"].startswith(period))

    def has_room(self, owner: str, count: int) -> bool:
        scope, month = f"owner:{owner}", self.day[:7]
        waiting = sum(job["state"] == "queued" and job["owner"] == owner for job in self.model.values())
        return (
            self.used[scope, "day", self.day] + self.held(scope, self.day) + count <= LIMIT_DAY
            and self.used["guild:9", "month", month] + self.held("guild:9", month) + count <= LIMIT_MONTH
            and waiting < CAP
        )

    def charge(self, job: dict[str, Any], what: str, amount: int) -> None:
        for scope in job["scopes"]:
            for kind, period in (("day", job["day"]), ("month", job["day"][:7])):
                self.used[scope, kind + what, period] += amount

    def owned(self, job: Job) -> dict[str, Any] | None:
        mine = self.model.get(job.id)
        return mine if mine and (mine["state"], mine["attempt"]) == ("running", job.attempt) else None

    # --- verbs

    @rule(target=jobs, owner=st.sampled_from(["cli:1", "cli:2"]), count=st.integers(1, 3))
    def enqueue(self, owner: str, count: int) -> str:
        new = new_job(settled(count=count), owner=owner, groups=("guild:9",), terms=terms_of(owner))
        room = self.has_room(owner, count)
        try:
            job_id = self.queue.write(queue.enqueue, new, now=self.queue.now).id
        except QuotaError:
            assert not room
            return ""
        assert room
        scopes = (f"owner:{owner}", "guild:9")
        self.model[job_id] = {
            "state": "queued",
            "owner": owner,
            "scopes": scopes,
            "pictures": count,
            "day": self.day,
            "attempt": 0,
            "made": 0,
            "cancel": False,
        }
        return job_id

    @rule(hours=st.sampled_from([-30, -1, 1, 10, 24, 24 * 40]))
    def the_clock_goes_on_or_is_set(self, hours: int) -> None:
        self.queue.now += hours * 3_600_000

    @rule(target=claims)
    def claim(self) -> Job | None:
        found = self.queue.claim()
        if not found:
            return None
        self.model[found[0].id].update(state="running", attempt=found[0].attempt)
        return found[0]

    @rule(job=claims, seconds=st.sampled_from([0.0, 0.25, 3.0]))
    def finish(self, job: Job | None, seconds: float) -> None:
        if job is None:
            return
        mine = self.owned(job)
        pictures = [self.queue.picture(index) for index in range(job.request.count)] if mine else []
        done = self.queue.write(queue.finish, job.id, job.attempt, pictures, now=self.queue.now, engine_seconds=seconds)
        assert done == (mine is not None)
        if mine:
            mine.update(state="done", made=len(pictures), bytes=sum(picture.bytes for picture in pictures))
            self.charge(mine, "", len(pictures))
            self.charge(mine, " ms", round(seconds * 1000))

    @rule(job=claims, wrong=st.booleans(), seconds=st.sampled_from([0.0, 1.5]))
    def fail(self, job: Job | None, wrong: bool, seconds: float) -> None:
        if job is None:
            return
        mine = self.owned(job)
        state = self.queue.write(
            queue.fail,
            *(job.id, job.attempt, WRONG if wrong else LATER),
            now=self.queue.now,
            max_attempts=2,
            retry_ms=0,
            engine_seconds=seconds,
        )
        if mine:
            mine["state"] = state
            self.charge(mine, " ms", round(seconds * 1000))

    @rule(job=claims, crash=st.booleans())
    def put_back(self, job: Job | None, crash: bool) -> None:
        if job is None or (mine := self.owned(job)) is None:
            return
        if crash:
            self.queue.accuse(job)
        else:
            self.queue.write(queue.release, [(job.id, job.attempt)], now=self.queue.now, engine_seconds={job.id: 0.5})
            self.charge(mine, " ms", 500)
        now = self.queue.job(job.id)
        mine.update(state=now.state, attempt=now.attempt)

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        if job_id in self.model:
            self.queue.write(queue.cancel, job_id, now=self.queue.now)
            self.model[job_id]["state"] = self.queue.job(job_id).state

    @rule(job=claims)
    def let_go(self, job: Job | None) -> None:
        if job is None or (mine := self.owned(job)) is None:
            return
        assert self.queue.write(queue.cancelled, job.id, job.attempt, now=self.queue.now, engine_seconds=2.0)
        mine["state"] = "cancelled"
        self.charge(mine, " ms", 2000)

    @rule(job_id=jobs)
    def retry(self, job_id: str) -> None:
        if job_id not in self.model:
            return
        mine = self.model[job_id]
        room = self.has_room(mine["owner"], mine["pictures"])
        try:
            self.queue.write(queue.retry, job_id, now=self.queue.now, terms=terms_of(mine["owner"]))
        except ConflictError:
            assert mine["state"] in ("queued", "running", "done")
        except QuotaError:
            assert not room
        else:
            assert room
            mine.update(state="queued", day=self.day, attempt=0)

    @rule()
    def prune(self) -> None:
        every = Rule()
        found = self.queue.read(prune.find, every, self.queue.read(prune.beginning, every))
        gone = self.queue.write(prune.remove, every, found.seqs)
        ended = [name for name, job in self.model.items() if job["state"] not in ("queued", "running")]
        assert gone.jobs == len(ended)
        for name in ended:
            del self.model[name]

    # --- what must hold

    @invariant()
    def every_account_is_as_the_model_says(self) -> None:
        kept = self.queue.read(lambda c: c.execute(usage.select()).all())
        for row in kept:
            key = (row.scope, row.kind, row.period)
            assert row.held_pictures == self.held(row.scope, row.period), key
            assert row.held_ms == 700 * sum(
                row.scope in job["scopes"] and job["day"].startswith(row.period)
                for job in self.model.values()
                if job["state"] in ("queued", "running")
            )
            assert row.pictures == self.used[key], key
            assert row.engine_ms == self.used[row.scope, f"{row.kind} ms", row.period], key
            if row.kind == "day" and row.scope.startswith("owner:"):
                assert row.pictures + row.held_pictures <= LIMIT_DAY
        there = {(row.scope, row.kind, row.period) for row in kept}
        assert all(key in there for key, amount in self.used.items() if amount and " ms" not in key[1])

    @invariant()
    def what_is_stored_is_what_is_there(self) -> None:
        for row in self.queue.read(lambda c: c.execute(stored.select()).all()):
            mine = [job for job in self.model.values() if row.scope in job["scopes"]]
            assert row.pictures == sum(job["made"] for job in mine)
            assert row.bytes == sum(job.get("bytes", 0) for job in mine)
            assert row.open_jobs == sum(job["state"] in ("queued", "running") for job in mine)
            assert (row.held_bytes == 0) == (not any(job["state"] in ("queued", "running") for job in mine))

    @invariant()
    def a_scope_reads_as_its_rows(self) -> None:
        from storage.quotas.periods import periods

        now = periods(self.queue.now)
        found = self.queue.read(usage_of, "guild:9", now)
        assert found.day.pictures == self.used["guild:9", "day", now.day]
        assert found.month.held_pictures == self.held("guild:9", now.month)


@pytest.mark.slow
class TestQuotas(QuotaMachine.TestCase):  # type: ignore[misc,name-defined]
    """30 sequences of 30 verbs."""

    settings = settings(max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
class TestQuotasForLong(QuotaMachine.TestCase):  # type: ignore[misc,name-defined]
    """3,000 sequences of 60 verbs."""

    settings = settings(
        max_examples=3_000, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
    )
