"""What each may use and has used: on which terms jobs are accepted, and the account that people are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from config import scopes
from config.clock import Clock
from config.errors import UserError
from config.settings import Settings
from daemon.service.allowances import allowances
from pipeline.request import Request
from storage.database import Database
from storage.quotas import usage
from storage.quotas.periods import Periods
from storage.quotas.periods import periods as periods_of
from storage.quotas.terms import Allowance, Terms
from storage.quotas.usage import Usage

Estimate = Callable[[Request], float]
"""The engine-seconds that a request is thought to take; 0 where nobody can tell."""
AT_ONCE = 200
"""Scopes of one page."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a scope used and what it may use, in the day and the month of now."""

    usage: Usage
    allowances: tuple[Allowance, ...]
    periods: Periods

    def allowance(self, what: str, per: str | None) -> Allowance | None:
        """What it may use at most (GPU time in milliseconds); None: nothing limits it."""
        return next((each for each in self.allowances if (each.what, each.per) == (what, per)), None)

    def limit(self, what: str, per: str | None) -> int | None:
        """The number of that."""
        found = self.allowance(what, per)
        return None if found is None else found.limit


class Quotas:
    """The rules of the operator, applied. Counting is done by storage, in the transactions of the queue."""

    def __init__(
        self, *, settings: Settings, database: Database, clock: Clock, estimate: Estimate | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._estimate = estimate
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Other rules from now on. What was used before counts under them."""
        self._settings = settings.quotas
        self._max_queued = settings.queue.max_queued_per_owner
        self._zone = ZoneInfo(settings.quotas.tz)

    def estimate_by(self, estimate: Estimate) -> None:
        """``estimate`` says what is reserved of GPU-seconds from now on."""
        self._estimate = estimate

    def periods(self, now: int) -> Periods:
        """The day and the month of a moment, where the operator lives."""
        return periods_of(now, self._zone)

    def terms(self, owner: str, groups: Sequence[str], request: Request, limits: Sequence[Allowance] = ()) -> Terms:
        """What must hold for a job to be accepted: the rules, and the ``limits`` that came with it."""
        seconds = self._estimate(request) if self._estimate is not None else 0.0
        return Terms((*self._allowances(owner, groups), *limits), max(0, round(seconds * 1000)))

    def max_queued(self, owner: str, groups: Sequence[str] = ()) -> int | None:
        """Jobs of an owner that may wait at a time; None: any number."""
        found = (each.limit for each in self._allowances(owner, groups) if each.what == "queued")
        return next(found, None)

    async def account(self, scope: str, groups: Sequence[str] | None = None) -> Account:
        """Of one scope; an owner's roles are taken from ``groups``, or from his newest job when that is open.

        Raises :class:`UserError` for what can't be a scope.
        """
        if "*" in scope or not scopes.PATTERN.fullmatch(scope):
            raise UserError(
                f"scope: must be owner:SOURCE:NAME, or {', '.join(f'{kind}:' for kind in scopes.KINDS[:-1])}"
                f" or {scopes.KINDS[-1]}: with a name",
                field="scope",
            )
        periods = self.periods(self._clock())
        return self._account(
            await self._database.read(partial(usage.usage_of, scope=scope, periods=periods)), periods, groups
        )

    async def accounts(self, beginning: str = "", after: str = "", limit: int = AT_ONCE) -> list[Account]:
        """Of all scopes that begin so and come ``after`` that one, by name; ``limit`` is at most 200."""
        periods = self.periods(self._clock())
        found = await self._database.read(
            lambda c: usage.page(c, periods, beginning=beginning, after=after, limit=min(limit, AT_ONCE))
        )
        return [self._account(each, periods, None) for each in found]

    def _account(self, found: Usage, periods: Periods, groups: Sequence[str] | None) -> Account:
        kind, _, owner = found.scope.partition(":")
        if kind == "owner":
            known = found.groups if groups is None else groups
            own = self._allowances(owner, [group for group in known if group.startswith("role:")])
        else:
            own = tuple(each for each in self._allowances("", [found.scope]) if each.scope == found.scope)
        return Account(found, own, periods)

    def _allowances(self, owner: str, groups: Sequence[str]) -> tuple[Allowance, ...]:
        return allowances(self._settings, self._max_queued, owner, groups)
