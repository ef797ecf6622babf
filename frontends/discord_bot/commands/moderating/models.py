"""``/mezzotint models``: which may be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Form
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.layouts import rules
from frontends.discord_bot.refusal import Refused

WHOM = ("role", "user", "channel")


async def _allow(asked: Asked) -> str:
    model = asked.said["model"]
    if model not in {each.name for each in asked.desk.board.models}:
        raise Refused("mezzotint.no_such_model", model=model)
    return await _change(asked, lambda models: list(dict.fromkeys([*models, model])))


async def _remove(asked: Asked) -> str:
    def without(models: Sequence[str]) -> list[str]:
        if asked.said["model"] not in models:
            raise Refused("mezzotint.was_not_set")
        return [each for each in models if each != asked.said["model"]]

    return await _change(asked, without)


async def _clear(asked: Asked) -> str:
    done = await asked.unset(asked.scope(), "models")
    return asked.words.say("mezzotint.is_cleared" if done else "mezzotint.was_not_set")


async def _change(asked: Asked, make: Any) -> str:
    scope = asked.scope()
    # The last one that is taken off the list takes the rule with it.
    models = await asked.desk.policy.change(
        asked.guild, scope, "models", lambda said: make(said or []) or None, asked.asker.user
    )
    if models is None:
        return asked.words.say("mezzotint.is_cleared")
    return asked.words.say("mezzotint.is_set", rule=rules.marked(scope, "models", models, asked.words))


def _known(desk: Desk, typed: str) -> Sequence[tuple[str, str]]:
    return [(each.name[:100], each.name) for each in desk.board.models if typed.lower() in each.name.lower()]


FORMS = (
    Form(name="allow", act=_allow, required=("model",), optional=WHOM, suggest={"model": _known}),
    Form(name="remove", act=_remove, required=("model",), optional=WHOM, suggest={"model": _known}),
    Form(name="clear", act=_clear, optional=WHOM),
)
