"""What the API shows of quotas."""

from __future__ import annotations

# Not typing's: pydantic, which describes the API from these, refuses that one below Python 3.12.
from typing_extensions import TypedDict

from daemon.service import Account, Used
from frontends.http.native.views import moment


class AmountView(TypedDict):
    """Of one thing: what was used, what is reserved for jobs that have not ended, what may be used at most by which
    rule, and what is left of that (null: nothing limits it)."""

    used: float
    held: float
    limit: float | None
    left: float | None
    rule: str | None


class PeriodView(TypedDict):
    """A day or a month of the quotas' time zone, and when it ends."""

    period: str
    ends: str
    pictures: AmountView
    gpu_seconds: AmountView


class UsageView(TypedDict):
    """What a scope used and may use. ``stored`` is of the recorded pictures that are there now, in bytes."""

    scope: str
    groups: list[str]
    day: PeriodView
    month: PeriodView
    stored_pictures: int
    stored: AmountView
    max_queued: int | None


def of_account(account: Account) -> UsageView:
    """What a scope used and may use."""
    found, periods = account.usage, account.periods
    return UsageView(
        scope=found.scope,
        groups=list(found.groups),
        day=_of_period(account, "day", periods.day, found.day),
        month=_of_period(account, "month", periods.month, found.month),
        stored_pictures=found.pictures,
        stored=_of_amount(account, "bytes", None, found.bytes, found.held_bytes),
        max_queued=account.limit("queued", None),
    )


def _of_period(account: Account, kind: str, name: str, used: Used) -> PeriodView:
    return PeriodView(
        period=name,
        ends=moment(account.periods.ends(kind)),
        pictures=_of_amount(account, "pictures", kind, used.pictures, used.held_pictures),
        gpu_seconds=_of_amount(account, "engine_ms", kind, used.engine_ms, used.held_ms, 1000),
    )


def _of_amount(account: Account, what: str, per: str | None, used: int, held: int, unit: int = 1) -> AmountView:
    found = account.allowance(what, per)
    limit = None if found is None else found.limit

    def shown(amount: int) -> float:
        return amount if unit == 1 else amount / unit

    return AmountView(
        used=shown(used),
        held=shown(held),
        limit=None if limit is None else shown(limit),
        left=None if limit is None else shown(max(0, limit - used - held)),
        rule=None if found is None else found.rule,
    )
