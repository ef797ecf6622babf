"""What quotas are for: ``owner:discord:123``, ``role:patron``, ``guild:1234``, ``folder:inbox``, ``schedule:daily``.

Of a guild there are beside that its channels (``channel:99``) and its members (``member:1234.123``: the guild and who).
"""

from __future__ import annotations

import re

NAME = r"[A-Za-z0-9][A-Za-z0-9._@+=-]{0,79}"
SOURCE = r"[a-z][a-z0-9_-]{0,30}"
KINDS = ("role", "guild", "channel", "member", "folder", "schedule")
"""Of the groups that a job may belong to beside its owner."""
BUDGETS = KINDS[1:]
"""Those with a budget of their own; a role only says what an owner may use."""

GROUP = re.compile(rf"(?:{'|'.join(KINDS)}):{NAME}")
PATTERN = re.compile(
    rf"owner:\*|owner:{SOURCE}:(?:\*|{NAME})|role:{NAME}|(?:{'|'.join(BUDGETS)}):(?:\*|{NAME})", re.ASCII
)


def pattern(text: str) -> str:
    """The text, if it may stand in a rule; ``ValueError`` in words that follow "must" otherwise."""
    if not PATTERN.fullmatch(text):
        raise ValueError(
            "be owner:*, owner:SOURCE:*, owner:SOURCE:NAME, role:NAME,"
            f" or {', '.join(f'{kind}:' for kind in BUDGETS[:-1])} or {BUDGETS[-1]}: with * or a name"
        )
    return text


def candidates(scope: str) -> tuple[str, ...]:
    """The patterns that cover a scope, the most specific first."""
    kind, _, name = scope.partition(":")
    if kind == "owner":
        return scope, f"owner:{name.partition(':')[0]}:*", "owner:*"
    return scope, f"{kind}:*"
