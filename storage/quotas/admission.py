"""Judges whether there is room for a job, in the transaction that queues it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import QuotaError, UserError
from storage.quotas.periods import Periods
from storage.quotas.terms import Allowance, Need, Terms, What
from storage.schema import attempts, jobs, stored, usage

NAMES: dict[What, str] = {
    "pictures": "pictures",
    "engine_ms": "GPU-seconds",
    "bytes": "bytes of stored pictures",
    "queued": "waiting jobs",
}
_COLUMNS = {
    "pictures": usage.c.pictures + usage.c.held_pictures,
    "engine_ms": usage.c.engine_ms + usage.c.held_ms,
}

IN_PERIOD = {
    what: sa.select(column).where(
        usage.c.scope == sa.bindparam("of_scope"),
        usage.c.kind == sa.bindparam("of_kind"),
        usage.c.period == sa.bindparam("of_period"),
    )
    for what, column in _COLUMNS.items()
}
STORED = sa.select(stored.c.bytes + stored.c.held_bytes).where(stored.c.scope == sa.bindparam("of_scope"))
# Waiting are the open ones that don't run, and few run at a time. To look at the owner's own jobs would be to walk
# through years of history: SQLite can't be brought to use the index of the open ones for that.
OPEN = sa.select(stored.c.open_jobs).where(stored.c.scope == sa.bindparam("of_scope"))
_owner = sa.select(jobs.c.owner).where(jobs.c.id == attempts.c.job_id).scalar_subquery()
RUNNING = (
    sa.select(sa.func.count())
    .select_from(attempts)
    .where(attempts.c.ended_at.is_(None), sa.bindparam("of_owner") == _owner)
)
_groups = sa.select(jobs.c.groups).where(jobs.c.id == attempts.c.job_id).scalar_subquery()
# A group stands in the list of the row as it is, in quotes: no scope holds one.
RUNNING_OF_GROUP = (
    sa.select(sa.func.count())
    .select_from(attempts)
    .where(attempts.c.ended_at.is_(None), sa.func.instr(_groups, sa.bindparam("of_group")) > 0)
)


class Admission:
    """Of the jobs of one transaction, one after another."""

    def __init__(self, connection: Connection, periods: Periods) -> None:
        self._connection = connection
        self._periods = periods
        self._read: dict[Allowance, int] = {}
        self._admitted: Counter[tuple[str, What]] = Counter()

    def refusal(self, need: Need, terms: Terms) -> QuotaError | UserError | None:
        """Why there is no room: :class:`UserError` where there never will be. None admits the job."""
        for each in terms.allowances:
            if _wanted(need, each) > each.limit:
                return _too_large(each, _wanted(need, each))
        full = [each for each in terms.allowances if not self._has_room(each, _wanted(need, each))]
        if full:
            # What stays full for longest decides: before that nothing is gained by asking again.
            return _used_up(max(full, key=self._free_at), self._periods)
        for scope in need.scopes:
            self._admitted[scope, "pictures"] += need.pictures
            self._admitted[scope, "engine_ms"] += need.engine_ms
            self._admitted[scope, "bytes"] += need.bytes
            self._admitted[scope, "queued"] += 1
        return None

    def _has_room(self, allowance: Allowance, wanted: int) -> bool:
        if allowance not in self._read:
            self._read[allowance] = self._standing(allowance)
        taken = self._read[allowance] + self._admitted[allowance.scope, allowance.what]
        return taken + wanted <= allowance.limit

    def _standing(self, allowance: Allowance) -> int:
        given: dict[str, str | int] = {"of_scope": allowance.scope}
        if allowance.what == "queued":
            is_open = int(self._connection.execute(OPEN, given).scalar() or 0)
            return is_open - self._running(allowance.scope)
        if allowance.what == "bytes":
            return int(self._connection.execute(STORED, given).scalar() or 0)
        given["of_kind"] = allowance.per or ""
        given["of_period"] = self._periods.day if allowance.per == "day" else self._periods.month
        return int(self._connection.execute(IN_PERIOD[allowance.what], given).scalar() or 0)

    def _running(self, scope: str) -> int:
        kind, _, name = scope.partition(":")
        if kind == "owner":
            return int(self._connection.execute(RUNNING, {"of_owner": name}).scalar_one())
        return int(self._connection.execute(RUNNING_OF_GROUP, {"of_group": f'"{scope}"'}).scalar_one())

    def _free_at(self, allowance: Allowance) -> int:
        if allowance.per is None:
            return 0 if allowance.what == "queued" else 2**63
        return self._periods.ends(allowance.per)


def _wanted(need: Need, allowance: Allowance) -> int:
    if allowance.what == "queued":
        return 1
    if allowance.what == "engine_ms":
        # An estimate refuses nobody for good: who has used nothing yet may try. Without one, while there is any left.
        return min(max(1, need.engine_ms), allowance.limit)
    return need.pictures if allowance.what == "pictures" else need.bytes


def _amount(allowance: Allowance, amount: int) -> str:
    said = f"{amount / 1000:g}" if allowance.what == "engine_ms" else str(amount)
    return f"{said} {NAMES[allowance.what]}{f' a {allowance.per}' if allowance.per else ''}"


def _too_large(allowance: Allowance, wanted: int) -> UserError:
    may = f"{allowance.scope} may have {_amount(allowance, allowance.limit)} ({allowance.rule})"
    if allowance.what == "pictures":
        return UserError(f"count: {wanted} pictures are asked for; {may}", field="count", hint="ask for fewer")
    return UserError(f"this could fill {wanted} bytes; {may}", hint="ask for fewer or smaller pictures")


def _used_up(allowance: Allowance, periods: Periods) -> QuotaError:
    if allowance.what == "queued":
        return QuotaError(
            f"{allowance.scope} has {allowance.limit} jobs waiting, no more may wait ({allowance.rule})",
            hint="submit again when some of them have been started",
            what=allowance.what,
        )
    message = f"{allowance.scope} has used up its {_amount(allowance, allowance.limit)} ({allowance.rule})"
    if allowance.per is None:
        return QuotaError(message, hint="there is room again once pictures are pruned", what=allowance.what)
    ends = periods.ends(allowance.per)
    moment = datetime.fromtimestamp(ends / 1000, UTC).isoformat().replace("+00:00", "Z")
    return QuotaError(message, hint=f"there is more from {moment} on", free_at=ends, what=allowance.what)
