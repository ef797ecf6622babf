"""The statements of a claim seek, however long the queue is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from support.queue_driver import QueueDriver, new_job

from storage import favourites, memory, policies, posts, prompts, queue, search, speeds
from storage.queue import glance, outlook, turns, waiting
from storage.queue.claim import CHOSEN, TAKE
from storage.quotas import admission, counting

GIVEN = {
    "in_lane": 0,
    "of_owner": "cli:1",
    "now": 0,
    "latest": 60_000,
    "of_seq": 1,
    "by_itself": 0,
    "until": 1,
    "of_scope": "owner:cli:1",
    "of_kind": "day",
    "of_period": "2027-01-15",
    "more": 0,
    "more_bytes": 0,
    "more_held": 0,
    "more_held_ms": 0,
    "more_made": 0,
    "more_ms": 0,
    "kept": 61,
    "more_open": 0,
    "most": 5,
    "seconds": 1.0,
    "of_weight": 1.0,
    "of_post": "p",
    "of_job": "j",
    "of_message": "m",
    "from": "discord",
    "before": 1,
    "words": '"apple"*',
    "of_guild": "1",
    "picture": "p",
    "number": 1,
}


@pytest.fixture(scope="module", params=["with statistics", "without"])
def long_queue(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueueDriver]:
    driver = QueueDriver(tmp_path_factory.mktemp("long"))
    for _ in range(5):
        new = [new_job(owner=f"cli:{n % 50}", lane="folder" if n % 2 else "interactive") for n in range(1000)]
        driver.write(queue.enqueue_many, new, now=driver.now)
        driver.now += 1000
    if request.param == "with statistics":
        driver.write(lambda connection: connection.exec_driver_sql("ANALYZE"))
    yield driver
    driver.close()


def _plan(q: QueueDriver, statement: sa.Executable) -> list[str]:
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    given: dict[str, Any] = {**compiled.params, **{key: GIVEN[key] for key in compiled.params if key in GIVEN}}
    return q.database.read_sync(
        lambda c: [row[3] for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", given)]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (waiting.NEXT_OWNER, "lane_owners_turn (lane=?)"),
        (waiting.OWNERS, "lane_owners_turn (lane=?)"),
        (waiting.JOBS_OF_OWNER, "jobs_turn (lane=? AND owner=?)"),
        (turns.HAS_READY, "jobs_turn (lane=? AND owner=?)"),
        (turns.PROMOTE, "jobs_waiting (not_before<?)"),
        (turns.NEXT_WAITING, "jobs_waiting"),
        (CHOSEN, "INTEGER PRIMARY KEY (rowid=?)"),
        (TAKE, "INTEGER PRIMARY KEY (rowid=?)"),
        (counting.COUNT, "sqlite_autoindex_usage_1 (scope=? AND kind=? AND period=?)"),
        (counting.TRIM, "sqlite_autoindex_usage_1 (scope=? AND kind=?"),
        (counting.STORE, "sqlite_autoindex_stored_1 (scope=?)"),
        (admission.OPEN, "sqlite_autoindex_stored_1 (scope=?)"),
        (admission.IN_PERIOD["pictures"], "sqlite_autoindex_usage_1 (scope=? AND kind=? AND period=?)"),
        (admission.STORED, "sqlite_autoindex_stored_1 (scope=?)"),
        (glance.READY, "jobs_turn (lane=?)"),
        (glance.LONGEST_WAITING, "jobs_state (state=?)"),
        (outlook.OWNERS, "lane_owners_turn (lane=?)"),
        (outlook.FIRST, "jobs_turn (lane=? AND owner=?)"),
        (outlook.COUNT, "jobs_turn (lane=? AND owner=?)"),
        (outlook.PLACE, "jobs_turn (lane=? AND owner=?"),
        (outlook.LATELY, "INTEGER PRIMARY KEY (rowid>?)"),
        (outlook.RUNNING, "jobs_state (state=?)"),
        (posts.GET, "sqlite_autoindex_posts_1 (id=?)"),
        (posts.OF_JOB, "posts_current (job_id=?)"),
        (posts.OF_MESSAGE, "sqlite_autoindex_post_messages_1 (message_id=? AND source=?)"),
        (posts.MESSAGES, "post_messages_post (post_id=?)"),
        (posts.MESSAGES_OF_JOB, "posts_job (job_id=?)"),
        (posts.EXPIRE, "posts_token (expires_at<?)"),
        (posts.FORGOTTEN, "posts_job (job_id=? AND created_at<?)"),
        (policies.ROWS, "sqlite_autoindex_policies_1 (guild=?)"),
        (policies.TRIM, "audit_guild (guild=? AND id<?)"),
        (memory.ALL, "sqlite_autoindex_memory_1 (scope=?)"),
        (favourites.NEWEST, "favourites_owner (owner=?)"),
        (favourites.OLDER, "favourites_owner (owner=? AND seq<?)"),
        (prompts.ADD, "INTEGER PRIMARY KEY (rowid>?)"),
        (search.NEWEST, "INTEGER PRIMARY KEY (rowid<?)"),
        (speeds.ADD, "sqlite_autoindex_speeds_1 (model=? AND width=? AND height=? AND kind=?)"),
        (speeds.ADD_LOAD, "sqlite_autoindex_loads_1 (model=?)"),
    ],
    ids=[
        *("owner", "owners", "jobs of an owner", "has ready", "due", "next due", "chosen", "take"),
        *("count", "trim", "store", "open", "used", "stored"),
        *("figures", "longest waiting", "owners ahead", "first", "count", "place", "lately", "running"),
        *("post", "post of a job", "post of a message", "messages", "messages of a job", "expired", "forgotten"),
        *("policies", "notes", "memory", "favourites", "earlier favourites", "words", "newest jobs"),
        *("speed", "load"),
    ],
)
def test_it_is_a_seek_without_sorting(long_queue: QueueDriver, statement: sa.Executable, index: str) -> None:
    plan = _plan(long_queue, statement)
    assert any(index in line for line in plan), plan
    assert not any("TEMP B-TREE" in line for line in plan), plan
    assert not any(line.startswith("SCAN") for line in plan), plan


@pytest.mark.slow
@pytest.mark.parametrize("statement", [admission.RUNNING, admission.RUNNING_OF_GROUP], ids=["owner", "group"])
def test_who_runs_is_counted_among_the_open_attempts(long_queue: QueueDriver, statement: sa.Executable) -> None:
    plan = _plan(long_queue, statement)
    assert [line for line in plan if line.startswith("SCAN")] == ["SCAN attempts USING INDEX attempts_open"], plan


@pytest.mark.slow
def test_what_is_still_to_be_told_is_found_in_order_among_the_open_posts(long_queue: QueueDriver) -> None:
    assert _plan(long_queue, posts.OPEN) == ["SCAN posts USING INDEX posts_open"]


@pytest.mark.slow
def test_the_newest_with_some_words_are_found_in_the_order_of_the_index(long_queue: QueueDriver) -> None:
    plan = _plan(long_queue, search.MATCHING)
    assert len(plan) == 1
    assert plan[0].startswith("SCAN prompts VIRTUAL TABLE INDEX"), plan


@pytest.mark.slow
@pytest.mark.parametrize("states", [("done",), ("cancelled", "dead", "done", "failed")], ids=len)
def test_what_may_be_pruned_is_found_in_order_without_sorting(long_queue: QueueDriver, states: tuple[str, ...]) -> None:
    from storage.prune import jobs
    from storage.prune.rule import Rule

    statements: list[sa.Executable] = []

    class Noting:
        def execute(self, statement: sa.Executable) -> Any:
            statements.append(statement)
            return sa.engine.result.IteratorResult(sa.engine.result.SimpleResultMetaData(["seq"]), iter(()))

    jobs.find(Noting(), Rule(states=states), 5_000)  # type: ignore[arg-type]
    (statement,) = statements
    compiled = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    plan = long_queue.read(lambda c: [row[3] for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")])
    assert not any("TEMP B-TREE" in line for line in plan), plan
