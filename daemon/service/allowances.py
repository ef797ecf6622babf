"""Which limits hold for a job, by the rules of the operator: pure, so that they can be tried on paper.

Each limit is looked up by itself. For an owner the most specific rule that sets it decides: the owner by name, then his
roles (the one that gives most), then all owners of his source, then all owners. Guilds, folders and schedules have
budgets beside that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from config import scopes
from config.settings import QuotaRule, QuotaSettings
from storage.quotas.terms import Allowance, What


class Kind(NamedTuple):
    """One of the limits that a rule may set."""

    field: str
    what: What
    per: Literal["day", "month"] | None


KINDS = (
    Kind("pictures_per_day", "pictures", "day"),
    Kind("pictures_per_month", "pictures", "month"),
    Kind("gpu_seconds_per_day", "engine_ms", "day"),
    Kind("gpu_seconds_per_month", "engine_ms", "month"),
    Kind("storage_bytes", "bytes", None),
    Kind("queued", "queued", None),
)
OWNERS_CAP = "queue.max_queued_per_owner"


def allowances(settings: QuotaSettings, max_queued: int, owner: str, groups: Sequence[str]) -> tuple[Allowance, ...]:
    """All that hold for a job of this owner and these groups. ``max_queued`` is the cap that no rule says (0: none)."""
    rules = {rule.of: rule for rule in settings.rules}
    found = list(_of_owner(rules, f"owner:{owner}", [group for group in groups if group.startswith("role:")]))
    if max_queued and not any(each.what == "queued" for each in found):
        found.append(Allowance(f"owner:{owner}", OWNERS_CAP, "queued", None, max_queued))
    for group in groups:
        if not group.startswith("role:"):
            found += _chosen(group, [[rules[of]] for of in scopes.candidates(group) if of in rules])
    return tuple(found)


def _of_owner(rules: dict[str, QuotaRule], scope: str, roles: Sequence[str]) -> Iterator[Allowance]:
    named, *general = scopes.candidates(scope)
    ranks = [[named], list(roles), *([each] for each in general)]
    return _chosen(scope, [[rules[of] for of in rank if of in rules] for rank in ranks])


def _chosen(scope: str, ranks: Sequence[Sequence[QuotaRule]]) -> Iterator[Allowance]:
    """Of each limit the first rank that sets it, and there the most that a rule gives."""
    for kind in KINDS:
        for rank in ranks:
            limits = [(_limit(rule, kind), rule.of) for rule in rank if _limit(rule, kind)]
            if limits:
                limit, of = max(limits)
                yield Allowance(scope, f"rule {of}", kind.what, kind.per, limit)
                break


def _limit(rule: QuotaRule, kind: Kind) -> int:
    said = getattr(rule, kind.field)
    return max(1, round(said * 1000)) if kind.what == "engine_ms" and said else int(said)
