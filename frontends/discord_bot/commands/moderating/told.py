"""``/mezzotint rules``, ``log`` and ``audit``: what is set, what was asked for, and what moderators did."""

from __future__ import annotations

from collections.abc import AsyncIterator

from daemon.service import Job
from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Form
from frontends.discord_bot.layouts import rules

AT_ONCE = 200
LOOKED_AT = 5_000
"""Jobs of all servers, the newest first, among which those of this one are sought."""


async def _rules(asked: Asked) -> str:
    lines = [
        rules.rule(row.scope, row.name, row.value, asked.words)
        for row in await asked.desk.policy.rules(asked.guild)
        if row.name not in ("block", "filter")
    ]
    return rules.page(asked.words.say("mezzotint.title.rules"), lines, asked.said.get("page", 1), asked.words)


async def _log(asked: Asked) -> str:
    """A private prompt is its owner's: that something was asked for is told, and by whom and when, not what."""
    wanted = asked.said.get("page", 1) * rules.MOST_LINES + 1
    user = None if "user" not in asked.said else str(asked.said["user"].id)
    lines: list[str] = []
    async for job in _of_guild(asked, user):
        lines.append(rules.logged(job, asked.words))
        if len(lines) == wanted:
            break
    return rules.page(asked.words.say("mezzotint.title.log"), lines, asked.said.get("page", 1), asked.words)


async def _of_guild(asked: Asked, user: str | None) -> AsyncIterator[Job]:
    before = None
    for _ in range(LOOKED_AT // AT_ONCE):
        owner = None if user is None else f"discord:{user}"
        jobs = await asked.desk.service.jobs(owner=owner, limit=AT_ONCE, before=before)
        for job in jobs:
            where = job.origin.address.get("guild")
            if job.origin.source == "discord" and (asked.guild == (where or "")):
                yield job
        if len(jobs) < AT_ONCE:
            return
        before = jobs[-1].id


async def _audit(asked: Asked) -> str:
    page = asked.said.get("page", 1)
    entries = await asked.desk.service.policies.audit(asked.guild, min(500, page * rules.MOST_LINES + 1))
    lines = [rules.noted(each, asked.words) for each in entries]
    return rules.page(asked.words.say("mezzotint.title.audit"), lines, page, asked.words)


FORMS = (
    Form(name="rules", act=_rules, optional=("page",)),
    Form(name="log", act=_log, optional=("user", "page")),
    Form(name="audit", act=_audit, optional=("page",)),
)
