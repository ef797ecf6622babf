"""``/mezzotint limits``: what may be used, and how large a request may be."""

from __future__ import annotations

from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Form
from frontends.discord_bot.layouts import rules
from frontends.discord_bot.policy.names import LIMITS, MAXIMA

WHOM = ("role", "user", "channel")
LIMITED = tuple(each.name for each in (*LIMITS, *MAXIMA))


async def _set(asked: Asked) -> str:
    scope, what, value = asked.scope(), asked.said["what"], asked.said["value"]
    await asked.set(scope, what, value)
    return asked.words.say("mezzotint.is_set", rule=rules.marked(scope, what, value, asked.words))


async def _clear(asked: Asked) -> str:
    scope, what = asked.scope(), asked.said["what"]
    return asked.words.say("mezzotint.is_cleared" if await asked.unset(scope, what) else "mezzotint.was_not_set")


async def _show(asked: Asked) -> str:
    only = None if not set(WHOM) & set(asked.said) else asked.scope()
    lines = [
        rules.rule(row.scope, row.name, row.value, asked.words)
        for row in await asked.desk.policy.rules(asked.guild)
        if row.name in LIMITED and only in (None, row.scope)
    ]
    return rules.page(asked.words.say("mezzotint.title.limits"), lines, asked.said.get("page", 1), asked.words)


FORMS = (
    Form(name="set", act=_set, required=("what", "value"), optional=WHOM),
    Form(name="clear", act=_clear, required=("what",), optional=WHOM),
    Form(name="show", act=_show, optional=(*WHOM, "page")),
)
