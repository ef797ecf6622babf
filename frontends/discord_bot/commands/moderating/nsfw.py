"""``/mezzotint nsfw``: pictures only in age-restricted channels, and hidden ones."""

from __future__ import annotations

from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Act, Form
from frontends.discord_bot.layouts import rules


def _set(name: str) -> Act:
    async def act(asked: Asked) -> str:
        scope, value = asked.scope(), asked.said["on"]
        await asked.set(scope, name, value)
        return asked.words.say("mezzotint.is_set", rule=rules.marked(scope, name, value, asked.words))

    return act


async def _clear(asked: Asked) -> str:
    done = [await asked.unset(asked.scope(), name) for name in ("age_restricted", "spoiler")]
    return asked.words.say("mezzotint.is_cleared" if any(done) else "mezzotint.was_not_set")


FORMS = (
    Form(name="age_restricted", act=_set("age_restricted"), required=("on",), optional=("channel",)),
    Form(name="spoiler", act=_set("spoiler"), required=("on",), optional=("role", "user", "channel")),
    Form(name="clear", act=_clear, optional=("role", "user", "channel")),
)
