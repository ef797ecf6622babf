"""The rows of buttons and menus under a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from discord import ButtonStyle, SelectOption, ui

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.words import Words

MOST_AS_BUTTONS = 4
"""Pictures of a message that have buttons of their own; more share menus."""
PER_PICTURE = ("pick", "subtle", "strong")
EMOJI = {
    "subtle": "🌱",
    "strong": "🌪️",
    "reroll": "🔁",
    "edit": "✏️",
    "parameters": "📋",
    "favourite": "⭐",
    "spoiler": "🙈",
    "delete": "🗑️",
    "cancel": "✖️",
    "retry": "🔁",
}


def button(verb: str, job: str, words: Words, style: ButtonStyle = ButtonStyle.secondary) -> ui.Button[Any]:
    """The button of a verb for the whole job."""
    label = words.label(f"buttons.verb.{verb}")
    return ui.Button(label=label, emoji=EMOJI[verb], style=style, custom_id=ids.build(verb, job))


def row(*buttons: ui.Button[Any]) -> ui.ActionRow[Any]:
    """At most five of them."""
    return ui.ActionRow(*buttons)


def of_pictures(job: str, indexes: Sequence[int], count: int, words: Words) -> list[ui.ActionRow[Any]]:
    """Take one and vary one, for the pictures of this message; of a single picture only vary it."""
    if count == 1:
        return [row(*(for_picture(verb, job, 0, words) for verb in PER_PICTURE[1:]))]
    if len(indexes) <= MOST_AS_BUTTONS:
        return [row(*(_of_one(verb, job, each, words) for each in indexes)) for verb in PER_PICTURE]
    return [ui.ActionRow(_menu(verb, job, indexes, words)) for verb in PER_PICTURE]


def of_job(job: str, words: Words) -> list[ui.ActionRow[Any]]:
    """What can be done with a finished job."""
    return [
        row(*(button(verb, job, words) for verb in ("reroll", "edit", "parameters", "favourite"))),
        row(button("spoiler", job, words), button("delete", job, words, ButtonStyle.danger)),
    ]


def for_picture(verb: str, job: str, index: int, words: Words) -> ui.Button[Any]:
    """The button of a verb where only one picture is seen."""
    label = words.label(f"buttons.verb.{verb}")
    style = ButtonStyle.primary if verb in PER_PICTURE else ButtonStyle.secondary
    return ui.Button(label=label, emoji=EMOJI[verb], custom_id=ids.build(verb, job, index), style=style)


def _of_one(verb: str, job: str, index: int, words: Words) -> ui.Button[Any]:
    label = words.label("buttons.pick" if verb == "pick" else f"buttons.{verb}_of", number=index + 1)
    style = ButtonStyle.primary if verb == "pick" else ButtonStyle.secondary
    emoji = "🖼️" if verb == "pick" else EMOJI[verb]
    return ui.Button(label=label, emoji=emoji, custom_id=ids.build(verb, job, index), style=style)


def _menu(verb: str, job: str, indexes: Sequence[int], words: Words) -> ui.Select[Any]:
    options = [SelectOption(label=words.label("card.picture", number=each + 1), value=str(each)) for each in indexes]
    place = words.label(f"buttons.{verb}_which")
    return ui.Select(custom_id=ids.build(verb, job), placeholder=place, options=options)
