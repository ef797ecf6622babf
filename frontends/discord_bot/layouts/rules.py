"""Rules in words, and lists of lines a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from daemon.service import AuditEntry, Job
from frontends.discord_bot.layouts import parts, text
from frontends.discord_bot.policy.names import BY_NAME, NO_LIMIT
from frontends.discord_bot.words import Marked, Words

SIGNS = {"channel": "#", "role": "@&", "user": "@"}
MOST_OF_A_VALUE = 300
MOST_OF_A_PROMPT = 80
MOST_LINES = 15
"""On a page."""
MOST_CHARACTERS = 3_400
"""Of the lines of a page; a message holds a little more."""


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
        return Marked(words.say("policy.no_limit") if said == NO_LIMIT else str(said))
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


def marked(scope: str, of: str, said: Any, words: Words) -> Marked:
    """A whole rule, for a text that holds it."""
    return Marked(rule(scope, of, said, words))


def blocked(scope: str, said: Any, by: str, at: int, words: Words) -> str:
    """Who is blocked, and by whom since when."""
    who, since = whom(scope, words), parts.moment(at)
    told = words.say("mezzotint.block_line", user=who, by=whom(f"user:{by}", words), when=since)
    reason = said.get("reason") if isinstance(said, dict) else None
    return f"{told}: {text.plain(reason, MOST_OF_A_VALUE)}" if reason else told


def noted(entry: AuditEntry, words: Words) -> str:
    """What a moderator did."""
    detail = entry.detail
    done = Marked(text.plain(entry.action, 100))
    if entry.action in ("policy_set", "policy_unset") and detail.get("name") in BY_NAME:
        told = detail.get("value", detail.get("was"))
        key = "mezzotint.audit_set" if entry.action == "policy_set" else "mezzotint.audit_unset"
        done = Marked(words.say(key, rule=marked(detail["scope"], detail["name"], told, words)))
    elif entry.action in ("pause", "resume"):
        done = Marked(words.say(f"mezzotint.audit_{entry.action}"))
    elif entry.action in ("delete", "cancel", "spoiler on", "spoiler off"):
        job, owner = Marked(f"`{text.line(str(detail.get('job')), 20)}`"), _user(str(detail.get("owner")), words)
        done = Marked(words.say(f"mezzotint.audit_{entry.action.replace(' ', '_')}", job=job, owner=owner))
    elif entry.action == "schedule_paused":
        name = str(detail.get("schedule")).partition(".")[2]
        done = Marked(words.say("mezzotint.audit_schedule", name=name, owner=_user(str(detail.get("owner")), words)))
    return f"{parts.moment(entry.at)} · {_user(entry.actor, words)} · {done}"


def _user(owner: str, words: Words) -> Marked:
    return whom(f"user:{owner.removeprefix('discord:')}", words)


def logged(job: Job, words: Words) -> str:
    """What was asked for, by whom; of a private one not what."""
    address = job.origin.address
    facts = [
        parts.moment(job.queued_at),
        whom(f"user:{address.get('user')}", words),
        whom(f"channel:{address.get('channel')}", words),
        words.say(f"card.state_{job.state}"),
    ]
    told = words.say("mezzotint.private") if address.get("private") else _prompt(job)
    return f"{' · '.join(facts)} · {told} `{job.id}`"


def _prompt(job: Job) -> str:
    return text.plain(" ".join(job.request.prompt.split()), MOST_OF_A_PROMPT) or text.ELLIPSIS


def page(title: str, lines: Sequence[str], number: int, words: Words) -> str:
    """The ``number``-th page (from 1) of the lines under their title, with how many pages there are."""
    pages = max(1, -(-len(lines) // MOST_LINES))
    at = min(number, pages)
    shown = lines[(at - 1) * MOST_LINES : at * MOST_LINES]
    most = MOST_CHARACTERS // max(1, len(shown))
    # A long line gives way, so that the others are there.
    said = [each if len(each) <= most else f"{each[: most - 1]}{text.ELLIPSIS}" for each in shown]
    if not said:
        return f"### {title}\n{words.say('card.nothing_here')}"
    foot = words.say("mezzotint.page", number=at, pages=pages)
    return "\n".join([f"### {title}", *said, *([f"-# {foot}"] if pages > 1 else [])])
