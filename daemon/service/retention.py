"""What the settings keep of ended jobs, as rules for pruning, and how it went the last time."""

from __future__ import annotations

from dataclasses import dataclass

from config.settings import RetentionRule, RetentionSettings
from storage.prune.rule import Gone, Rule, Which
from storage.queue.job import TERMINAL

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class RuleGone:
    """What one rule removed, or would. ``number`` is its place in the settings, from 1."""

    number: int
    says: str
    gone: Gone


@dataclass(frozen=True, slots=True)
class RetentionStatus:
    """How many rules there are; when they were last carried out (UTC epoch milliseconds), and what went then."""

    rules: int
    at: int | None
    jobs: int
    pictures: int
    bytes: int


def rules(settings: RetentionSettings, now: int) -> list[tuple[int, RetentionRule, Rule]]:
    """The rules by which something may go, each with its place. ``now``: UTC epoch milliseconds."""
    found = []
    before: list[Which] = []
    for number, each in enumerate(settings.rules, 1):
        if not _keeps_all(each):
            found.append((number, each, _rule(each, now, tuple(before))))
        before.append(Which(states=_states(each), owner=each.owner, origin=each.origin))
    return found


def says(rule: RetentionRule) -> str:
    """A rule in a line."""
    return ", ".join(f"{name} {value}" for name, value in rule.model_dump(exclude_none=True).items())


def _rule(rule: RetentionRule, now: int, before: tuple[Which, ...]) -> Rule:
    return Rule(
        states=_states(rule),
        owner=rule.owner,
        origin=rule.origin,
        ended_before=None if rule.keep_days is None else now - int(rule.keep_days * DAY_MS),
        keep=rule.keep_newest or 0,
        keep_bytes=rule.keep_bytes,
        but=before,
    )


def _states(rule: RetentionRule) -> tuple[str, ...]:
    return tuple(sorted(TERMINAL)) if rule.state is None else (rule.state,)


def _keeps_all(rule: RetentionRule) -> bool:
    return (rule.keep_days, rule.keep_newest, rule.keep_bytes) == (None, None, None)
