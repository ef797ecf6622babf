"""``/mezzotint filter``: words and phrases that a prompt must not hold."""

from __future__ import annotations

from collections.abc import Sequence

from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Form
from frontends.discord_bot.layouts import rules, text
from frontends.discord_bot.policy.phrases import words_of
from frontends.discord_bot.refusal import Refused

MOST_SHOWN = 120
"""Characters of one phrase with what makes them harmless."""


async def _add(asked: Asked) -> str:
    phrase = " ".join(asked.said["phrase"].split())
    if not words_of(phrase):
        raise Refused("mezzotint.no_words")

    def more(said: Sequence[str] | None) -> list[str]:
        kept = [each for each in said or [] if words_of(each) != words_of(phrase)]
        return [*kept, phrase]

    await asked.desk.policy.change(asked.guild, asked.scope(), "filter", more, asked.asker.user)
    return asked.words.say("mezzotint.filter_added", phrase=phrase)


async def _remove(asked: Asked) -> str:
    wanted = words_of(asked.said["phrase"])

    def fewer(said: Sequence[str] | None) -> list[str] | None:
        kept = [each for each in said or [] if words_of(each) != wanted]
        if len(kept) == len(said or []):
            raise Refused("mezzotint.was_not_set")
        return kept or None

    await asked.desk.policy.change(asked.guild, asked.scope(), "filter", fewer, asked.asker.user)
    return asked.words.say("mezzotint.is_cleared")


async def _show(asked: Asked) -> str:
    lines = [
        f"{rules.whom(row.scope, asked.words)}: {text.plain(phrase, MOST_SHOWN)}"
        for row in await asked.desk.policy.rules(asked.guild)
        if row.name == "filter"
        for phrase in row.value
    ]
    return rules.page(asked.words.say("mezzotint.title.filter"), lines, asked.said.get("page", 1), asked.words)


FORMS = (
    Form(name="add", act=_add, required=("phrase",), optional=("channel",)),
    Form(name="remove", act=_remove, required=("phrase",), optional=("channel",)),
    Form(name="show", act=_show, optional=("page",)),
)
