"""``/mezzotint roles``, ``channels`` and ``members``: who may use what, and where."""

from __future__ import annotations

from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Act, Form
from frontends.discord_bot.layouts import rules


def _set(value: bool) -> Act:
    async def act(asked: Asked) -> str:
        scope, name = asked.scope(), _name(asked)
        await asked.set(scope, name, value)
        return asked.words.say("mezzotint.is_set", rule=rules.marked(scope, name, value, asked.words))

    return act


async def _clear(asked: Asked) -> str:
    done = await asked.unset(asked.scope(), _name(asked))
    return asked.words.say("mezzotint.is_cleared" if done else "mezzotint.was_not_set")


def _name(asked: Asked) -> str:
    command = asked.said.get("command")
    return "use" if command is None else f"use.{command}"


def forms(kind: str) -> tuple[Form, ...]:
    """For roles, channels or users; the role that everybody has stands for the whole server."""
    acts = {"allow": _set(True), "deny": _set(False), "clear": _clear}
    return tuple(Form(name=name, act=act, required=(kind,), optional=("command",)) for name, act in acts.items())
