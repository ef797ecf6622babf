"""The models that there are, and one of them with all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.service import ModelEntry
from frontends.discord_bot.layouts import parts, text
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Words

MOST_MODELS = 10
MOST_DESCRIPTION = 100
MOST_LICENCE = 40
MOST_SUBJECTS = 2_500
"""Characters."""


def models(entries: Sequence[ModelEntry], usual: str, words: Words) -> View:
    """A few lines on each; ``usual`` draws where none is named."""
    items = [parts.shown(f"### {words.say('models.title')}")]
    for entry in entries[:MOST_MODELS]:
        name = f"**{text.plain(entry.name, 80)}**"
        head = f"{name} ({words.say('models.usual')})" if entry.name == usual else name
        said = [head, text.plain(entry.description, MOST_DESCRIPTION), _facts(entry, words)]
        items.append(parts.shown(*(each for each in said if each)))
    if len(entries) > MOST_MODELS:
        items.append(parts.shown(words.say("models.more", count=len(entries) - MOST_MODELS)))
    return sealed(parts.box("done", *items))


def model(entry: ModelEntry, words: Words) -> View:
    """One, with what it can draw where that is a list."""
    items = [parts.shown(f"### {text.plain(entry.name, 80)}")]
    if described := text.plain(entry.description, 600):
        items.append(parts.shown(described))
    items.append(parts.shown(_facts(entry, words)))
    if entry.subjects and (known := text.plain(", ".join(entry.subjects), MOST_SUBJECTS)):
        items.append(parts.shown(f"**{words.say('models.subjects', count=len(entry.subjects))}**", known))
    return sealed(parts.box("done", *items))


def _facts(entry: ModelEntry, words: Words) -> str:
    defaults = entry.defaults
    return parts.small(
        [
            f"{defaults.width}x{defaults.height}",
            words.say("card.steps", steps=defaults.steps),
            words.say("models.guidance", guidance=defaults.guidance_scale),
            text.plain(defaults.scheduler, 40),
            words.say("models.licence", licence=text.line(entry.licence, MOST_LICENCE)),
        ]
    )
