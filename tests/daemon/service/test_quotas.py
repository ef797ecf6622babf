"""What the rules of the operator mean, and what happens to submissions when something is used up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.queue_driver import InOrder, charge

from config.errors import BusyError, QuotaError, UserError
from config.settings import QuotaSettings, Settings
from daemon.service import OrderProgress, Receipt, Submission
from daemon.service.allowances import allowances
from storage import queue
from storage.queue.job import JobError

DAY = 86_400


def rules(*given: dict[str, Any], **more: Any) -> QuotaSettings:
    return QuotaSettings.model_validate({"rules": given, **more})


def limits(settings: QuotaSettings, owner: str, *groups: str, cap: int = 0) -> dict[str, int]:
    found = allowances(settings, cap, owner, groups)
    return {f"{each.scope} {each.what} {each.per or ''}".strip(): each.limit for each in found}


def wanted(count: int = 1, **more: Any) -> Submission:
    fields = {"prompt": "a red apple", "count": count, "width": 64, "height": 64}
    return Submission(fields=fields, **{"owner": "cli:anna", **more})


# --- rules


def test_without_rules_nothing_is_limited() -> None:
    assert allowances(QuotaSettings(), 0, "cli:anna", ["guild:1"]) == ()


def test_of_each_limit_the_most_specific_rule_that_sets_it_decides() -> None:
    settings = rules(
        {"of": "owner:*", "pictures_per_day": 20, "gpu_seconds_per_day": 60, "storage_bytes": 1000},
        {"of": "owner:discord:*", "pictures_per_day": 10},
        {"of": "role:patron", "pictures_per_day": 100, "queued": 9},
        {"of": "role:helper", "pictures_per_day": 50, "storage_bytes": 5000},
        {"of": "owner:discord:7", "pictures_per_day": 3},
    )
    plain = {"engine_ms day": 60_000, "bytes": 1000}

    def of(owner: str, *groups: str) -> dict[str, int]:
        return {key.partition(" ")[2]: limit for key, limit in limits(settings, owner, *groups).items()}

    assert of("cli:1") == {"pictures day": 20, **plain}
    assert of("discord:1") == {"pictures day": 10, **plain}
    assert of("discord:1", "role:patron") == {"pictures day": 100, "queued": 9, **plain}
    assert of("discord:1", "role:helper") == {"pictures day": 50, "engine_ms day": 60_000, "bytes": 5000}
    assert of("discord:1", "role:helper", "role:patron") == {
        "pictures day": 100,
        "engine_ms day": 60_000,
        "bytes": 5000,
        "queued": 9,
    }
    assert of("discord:7", "role:patron") == {"pictures day": 3, "queued": 9, **plain}


def test_guilds_folders_and_schedules_have_budgets_beside_that_of_the_owner() -> None:
    settings = rules(
        {"of": "owner:*", "pictures_per_day": 20},
        {"of": "guild:*", "pictures_per_month": 1000, "pictures_per_day": 500},
        {"of": "guild:7", "pictures_per_day": 5},
        {"of": "folder:inbox", "gpu_seconds_per_month": 0.0001},
    )
    assert limits(settings, "discord:1", "guild:7", "folder:inbox", "schedule:x") == {
        "owner:discord:1 pictures day": 20,
        "guild:7 pictures day": 5,
        "guild:7 pictures month": 1000,
        "folder:inbox engine_ms month": 1,
    }


def test_the_cap_on_waiting_jobs_is_that_of_a_rule_or_of_the_queue() -> None:
    settings = rules({"of": "role:patron", "queued": 7})
    assert limits(settings, "cli:1", cap=3) == {"owner:cli:1 queued": 3}
    assert limits(settings, "cli:1", "role:patron", cap=3) == {"owner:cli:1 queued": 7}
    assert limits(settings, "cli:1") == {}


# --- submissions


@pytest.fixture
def limited(build: Callable[..., Any]) -> Any:
    """Four pictures a day for each owner, six a month for the guild 1."""
    return build(
        quotas={
            "rules": [
                {"of": "owner:*", "pictures_per_day": 4},
                {"of": "guild:1", "pictures_per_month": 6},
            ]
        }
    )


async def test_what_is_used_up_is_refused_with_who_what_and_when_it_is_free_again(limited: Any) -> None:
    await limited.service.submit(wanted(3))
    with pytest.raises(QuotaError) as refused:
        await limited.service.submit(wanted(2))
    error = refused.value
    assert isinstance(error, BusyError)
    assert error.message == "owner:cli:anna has used up its 4 pictures a day (rule owner:*)"
    assert error.hint == "there is more from 2027-01-16T00:00:00Z on"
    assert error.free_at == 1_800_057_600_000
    await limited.service.submit(wanted(1))
    await limited.service.submit(wanted(4, owner="cli:berta"))
    limited.clock.now = error.free_at - 1
    with pytest.raises(QuotaError):
        await limited.service.submit(wanted(1))
    limited.clock.now = error.free_at
    await limited.service.submit(wanted(4))


async def test_what_would_never_fit_is_the_fault_of_the_request(limited: Any) -> None:
    with pytest.raises(UserError, match="count: 5 pictures are asked for; owner:cli:anna may have 4 pictures a day"):
        await limited.service.submit(wanted(5))


async def test_of_two_that_are_used_up_the_one_that_lasts_longer_is_named(limited: Any) -> None:
    await limited.service.submit(wanted(4, groups=("guild:1",)))
    await limited.service.submit(wanted(2, owner="cli:berta", groups=("guild:1",)))
    with pytest.raises(QuotaError, match="guild:1 has used up its 6 pictures a month") as refused:
        await limited.service.submit(wanted(1, groups=("guild:1",)))
    assert refused.value.hint == "there is more from 2027-02-01T00:00:00Z on"


async def test_a_clock_that_is_set_back_finds_the_day_as_it_was_left(limited: Any) -> None:
    await limited.service.submit(wanted(4))
    limited.clock.forward(DAY)
    await limited.service.submit(wanted(3))
    limited.clock.forward(-DAY)
    with pytest.raises(QuotaError):
        await limited.service.submit(wanted(1))
    limited.clock.forward(DAY)
    await limited.service.submit(wanted(1))
    with pytest.raises(QuotaError):
        await limited.service.submit(wanted(1))


async def test_a_clock_that_is_years_ahead_for_a_while_makes_nothing_free(limited: Any) -> None:
    await limited.service.submit(wanted(4))
    for years in (1, 20, 60):
        limited.clock.forward(years * 365 * DAY)
        await limited.service.submit(wanted(4))
        limited.clock.forward(-years * 365 * DAY)
        with pytest.raises(QuotaError):
            await limited.service.submit(wanted(1))


async def test_a_known_key_needs_no_room(limited: Any) -> None:
    first = await limited.service.submit(wanted(4, key="k"))
    again = await limited.service.submit(wanted(4, key="k"))
    assert (again.id, again.created) == (first.id, False)
    assert (await limited.service.usage("owner:cli:anna")).usage.day.held_pictures == 4


async def test_a_cancelled_job_gives_back_and_a_retry_needs_room_anew(limited: Any) -> None:
    first = await limited.service.submit(wanted(3))
    await limited.service.cancel(first.id)
    second = await limited.service.submit(wanted(4))
    with pytest.raises(QuotaError):
        await limited.service.retry(first.id)
    assert (await limited.service.job(first.id)).state == "cancelled"
    await limited.service.cancel(second.id)
    assert (await limited.service.retry(first.id)).state == "queued"
    assert (await limited.service.usage("owner:cli:anna")).usage.day.held_pictures == 3


async def test_of_many_those_that_fit_are_taken(limited: Any) -> None:
    answers = await limited.service.submit_many([wanted(3), wanted(2), wanted(5), wanted(1)])
    assert [type(each) for each in answers] == [Receipt, QuotaError, UserError, Receipt]


async def test_an_order_goes_on_at_the_line_that_has_to_wait(limited: Any) -> None:
    orders = limited.service.orders
    order = await orders.begin("inbox", "wishes.txt", 1, 2, 3)
    await orders.describe(order.id, "f" * 64, 7)
    lines = {1: 2, 3: 5, 4: 3, 5: 1, 6: 9}
    answers = await limited.service.submit_many(
        [wanted(count, line=line, key=f"{order.id}:{line}") for line, count in lines.items()],
        order=OrderProgress(order_id=order.id, next_line=8, errors=[(2, "wrong"), (7, "wrong too")]),
    )
    assert [type(each) for each in answers] == [Receipt, UserError, QuotaError, QuotaError, QuotaError]
    (opened,) = await orders.open_orders("inbox")
    assert (opened.next_line, opened.submitted) == (4, 1)
    assert [line for line, _ in await orders.line_errors(order.id)] == [2, 3]
    limited.clock.forward(DAY)
    answers = await limited.service.submit_many(
        [wanted(count, line=line, key=f"{order.id}:{line}") for line, count in lines.items() if line >= 4],
        order=OrderProgress(order_id=order.id, next_line=8, errors=[(7, "wrong too")]),
    )
    assert [type(each) for each in answers] == [Receipt, Receipt, UserError]
    assert (await orders.open_orders("inbox"))[0].next_line == 8
    assert [line for line, _ in await orders.line_errors(order.id)] == [2, 3, 6, 7]


async def test_engine_time_counts_whatever_came_of_it_and_is_reserved_by_the_estimate(build: Any) -> None:
    parts = build(quotas={"rules": [{"of": "owner:*", "gpu_seconds_per_day": 10}]})
    first = await parts.service.submit(wanted())
    await parts.service.submit(wanted())
    (job,) = await _claimed(parts, 1)
    assert job.id == first.id
    error = JobError("user", "no")
    await parts.database.write(
        lambda c: queue.fail(c, job.id, 1, error, now=parts.clock.now, max_attempts=3, retry_ms=0, engine_seconds=9.9)
    )
    await parts.service.submit(wanted())  # nobody can tell what it takes, and there is a little left
    parts.service.quotas.estimate_by(lambda request: 0.2)
    with pytest.raises(QuotaError, match="has used up its 10 GPU-seconds a day"):
        await parts.service.submit(wanted())
    found = await parts.service.usage("owner:cli:anna")
    assert (found.usage.day.engine_ms, found.usage.day.held_ms) == (9_900, 0)
    parts.service.quotas.estimate_by(lambda request: 3600.0)
    await parts.service.submit(wanted(owner="cli:berta"))  # larger than the budget: once nothing else was used
    with pytest.raises(QuotaError):
        await parts.service.submit(wanted(owner="cli:berta"))


async def test_storage_is_reserved_at_its_largest_and_never_overdrawn(build: Any) -> None:
    parts = build(quotas={"rules": [{"of": "owner:*", "storage_bytes": 100_000}]})
    with pytest.raises(UserError, match=r"could fill .* bytes; owner:cli:anna may have 100000 bytes"):
        await parts.service.submit(wanted(4))
    for _ in range(3):
        await parts.service.submit(wanted())
    with pytest.raises(QuotaError, match="has used up its 100000 bytes of stored pictures") as refused:
        await parts.service.submit(wanted())
    assert refused.value.free_at is None
    assert refused.value.hint == "there is room again once pictures are pruned"


async def test_rules_change_while_it_runs_and_count_what_was_used_before(parts: Any) -> None:
    await parts.service.submit(wanted(3))
    parts.service.reconfigure(
        Settings.model_validate(
            {"state_dir": parts.settings.state_dir, "quotas": {"rules": [{"of": "owner:*", "pictures_per_day": 4}]}}
        )
    )
    with pytest.raises(QuotaError):
        await parts.service.submit(wanted(2))
    parts.service.reconfigure(parts.settings)
    await parts.service.submit(wanted(2))


async def test_the_day_is_that_of_the_zone(build: Any) -> None:
    parts = build(quotas={"tz": "Pacific/Auckland", "rules": [{"of": "owner:*", "pictures_per_day": 1}]})
    parts.clock.now = 1_799_578_799_999  # 10:59:59.999 UTC, a moment before midnight there
    await parts.service.submit(wanted())
    with pytest.raises(QuotaError) as refused:
        await parts.service.submit(wanted())
    assert refused.value.free_at == 1_799_578_800_000
    parts.clock.now += 1
    await parts.service.submit(wanted())


@pytest.mark.parametrize(
    "groups",
    [("patron",), ("role:",), ("owner:cli:1",), ("role:*",), ("role:a b",), ("role:a\n",), ("guild:1",) * 17],
)
async def test_what_can_be_no_group_is_refused(parts: Any, groups: tuple[str, ...]) -> None:
    with pytest.raises(UserError) as refused:
        await parts.service.submit(wanted(groups=groups))
    assert refused.value.field == "groups"


@pytest.mark.parametrize("scope", ["", "cli:anna", "owner:*", "owner:cli:*", "guild:*", "owner:cli", "x:y", "role:a/b"])
async def test_what_can_be_no_scope_has_no_usage(parts: Any, scope: str) -> None:
    with pytest.raises(UserError):
        await parts.service.usage(scope)


async def test_usage_shows_what_is_left_by_the_roles_of_the_newest_job(build: Any) -> None:
    parts = build(
        quotas={"rules": [{"of": "owner:*", "pictures_per_day": 4}, {"of": "role:patron", "pictures_per_day": 40}]}
    )
    await parts.service.submit(wanted(3, groups=("role:patron", "guild:1")))
    found = await parts.service.usage("owner:cli:anna")
    assert (found.usage.day.held_pictures, found.limit("pictures", "day")) == (3, 40)
    assert (await parts.service.usage("owner:cli:anna", [])).limit("pictures", "day") == 4
    assert (await parts.service.usage("guild:1")).usage.day.held_pictures == 3
    assert (await parts.service.usage("guild:2")).usage.day.held_pictures == 0
    every = [each.usage.scope for each in await parts.service.quotas.accounts()]
    assert every == ["guild:1", "owner:cli:anna", "role:patron"]
    assert [each.usage.scope for each in await parts.service.quotas.accounts("owner:")] == ["owner:cli:anna"]
    assert [each.usage.scope for each in await parts.service.quotas.accounts(after="guild:1", limit=1)] == [
        "owner:cli:anna"
    ]


async def _claimed(parts: Any, limit: int) -> list[Any]:
    now = parts.clock.now
    found: list[Any] = await parts.database.write(
        lambda c: queue.claim(
            c, choose=InOrder(), charge=charge, now=now, lease_until=now + 1, limit=limit, max_attempts=3
        )
    )
    return found
