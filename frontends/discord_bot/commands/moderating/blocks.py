"""``/mezzotint block``, ``unblock`` and ``blocks``: who may do nothing, in a server or, by the operator, anywhere."""

from __future__ import annotations

from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Form
from frontends.discord_bot.layouts import rules
from frontends.discord_bot.policy.standing import EVERYWHERE
from frontends.discord_bot.refusal import Refused


async def _block(asked: Asked) -> str:
    user = asked.said["user"]
    if user.id in (asked.interaction.user.id, asked.interaction.client.user.id):
        raise Refused("mezzotint.not_that_one")
    reason = " ".join(asked.said.get("reason", "").split())
    await asked.set(asked.scope(), "block", {"reason": reason} if reason else True)
    await _hold_schedules(asked, f"discord:{user.id}")
    return asked.words.say("mezzotint.blocked", user=rules.whom(asked.scope(), asked.words))


async def _hold_schedules(asked: Asked, owner: str) -> None:
    """What was planned before would go on: a schedule asks for pictures without anybody there to be refused."""
    schedules = asked.desk.service.schedules
    for report in await schedules.list():
        plan = report.schedule.definition
        here = asked.guild in (EVERYWHERE, plan.target.get("guild"))
        if plan.owner == owner and here and report.schedule.paused_at is None:
            await asked.record("schedule_paused", schedule=plan.name, owner=owner)
            await schedules.pause(plan.name)


async def _unblock(asked: Asked) -> str:
    done = await asked.unset(asked.scope(), "block")
    return asked.words.say("mezzotint.is_cleared" if done else "mezzotint.was_not_set")


async def _blocks(asked: Asked) -> str:
    lines = [
        rules.blocked(row.scope, row.value, row.set_by, row.set_at, asked.words)
        for row in await asked.desk.policy.rules(asked.guild)
        if row.name == "block"
    ]
    return rules.page(asked.words.say("mezzotint.title.blocks"), lines, asked.said.get("page", 1), asked.words)


FORMS = (
    Form(name="block", act=_block, required=("user",), optional=("reason",)),
    Form(name="unblock", act=_unblock, required=("user",)),
    Form(name="blocks", act=_blocks, optional=("page",)),
)
