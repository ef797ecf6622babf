"""Rules in words."""

from __future__ import annotations

from typing import Any

from frontends.discord_bot.layouts import text
from frontends.discord_bot.policy.names import BY_NAME, NO_LIMIT
from frontends.discord_bot.words import Marked, Words

SIGNS = {"channel": "#", "role": "@&", "user": "@"}
MOST_OF_A_VALUE = 300


def whom(scope: str, words: Words) -> Marked:
    """Whom a rule is for, as a mention, which notifies nobody here."""
    kind, _, number = scope.partition(":")
    if kind not in SIGNS or not number.isdecimal():
        return Marked(words.say("policy.everyone"))
    return Marked(f"<{SIGNS[kind]}{number}>")


def name(rule: str, words: Words) -> Marked:
    """What a rule is about."""
    if rule.startswith("use."):
        return Marked(words.say("policy.name.use_of", command=words.label(f"policy.verb.{rule[4:]}")))
    return Marked(words.say(f"policy.name.{rule}"))


def value(rule: str, said: Any, words: Words) -> Marked:
    """What it says; what came from people in it is harmless."""
    row = BY_NAME[rule]
    if row.kind == "number":
        return Marked(words.say("policy.no_limit") if said == NO_LIMIT else words.figure(said))
    if row.kind == "flag":
        return Marked(words.say("policy.yes" if said else "policy.no"))
    if row.kind == "list":
        return Marked(text.plain(", ".join(said), MOST_OF_A_VALUE))
    if row.kind == "options":
        return Marked(text.plain(", ".join(f"{each}: {of}" for each, of in said.items()), MOST_OF_A_VALUE))
    reason = said.get("reason") if isinstance(said, dict) else None
    return Marked(text.plain(reason, MOST_OF_A_VALUE) if reason else words.say("policy.yes"))


def rule(scope: str, of: str, said: Any, words: Words) -> str:
    """A whole rule on a line."""
    if of not in BY_NAME:
        return words.say("policy.rule", whom=whom(scope, words), name=of, value="?")
    return words.say("policy.rule", whom=whom(scope, words), name=name(of, words), value=value(of, said, words))
