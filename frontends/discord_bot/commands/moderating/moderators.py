"""``/mezzotint moderators``: roles that count as moderators beside who may manage the server."""

from __future__ import annotations

from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Form
from frontends.discord_bot.layouts import rules
from frontends.discord_bot.refusal import Refused


async def _add(asked: Asked) -> str:
    scope = asked.scope()
    if scope == "guild":
        raise Refused("mezzotint.not_everyone")
    await asked.set(scope, "moderator", True)
    return asked.words.say("mezzotint.is_set", rule=rules.marked(scope, "moderator", True, asked.words))


async def _remove(asked: Asked) -> str:
    done = await asked.unset(asked.scope(), "moderator")
    return asked.words.say("mezzotint.is_cleared" if done else "mezzotint.was_not_set")


FORMS = (
    # A moderator who could make moderators would be hard to get rid of.
    Form(name="add", act=_add, required=("role",), right="manager"),
    Form(name="remove", act=_remove, required=("role",), right="manager"),
)
