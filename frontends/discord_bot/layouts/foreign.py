"""How a picture was drawn that is not one of our jobs, as far as its file says."""

from __future__ import annotations

from typing import Any

from frontends.discord_bot.layouts import parts, text
from frontends.discord_bot.layouts.parameters import MOST_NEGATIVE, MOST_PROMPT
from frontends.discord_bot.layouts.sealed import View, sealed
from frontends.discord_bot.words import Words
from pipeline.metadata.found import Found

FACTS = {
    "steps": "steps",
    "guidance_scale": "guidance",
    "scheduler": "scheduler",
    "seed": "seed",
    "denoising_strength": "strength",
}
"""Fields of a request, and what they are called."""
MOST_FACT = 100


def foreign(found: Found[Any], words: Words) -> View:
    """Its prompt and what else is known; nothing in it is trusted."""
    fields = dict(found.request_fields or {})
    items = [
        parts.shown(f"### 📋 {words.say('parameters.title')}"),
        parts.shown(
            f"**{words.say('parameters.fact.prompt')}**", text.fenced(str(fields.get("prompt", "")), MOST_PROMPT)
        ),
    ]
    if fields.get("negative_prompt"):
        negative = text.fenced(str(fields["negative_prompt"]), MOST_NEGATIVE)
        items.append(parts.shown(f"**{words.say('parameters.fact.negative')}**", negative))
    rows = [f"{words.label(f'parameters.fact.{name}')}: {text.line(value, MOST_FACT)}" for name, value in _rows(found)]
    if rows:
        items.append(parts.shown(text.fenced("\n".join(rows), 1_000)))
    items.append(parts.shown(parts.small([words.say("menu.written_by", tool=found.tool)])))
    return sealed(parts.box("done", *items))


def _rows(found: Found[Any]) -> list[tuple[str, str]]:
    fields = found.request_fields or {}
    rows = []
    model = found.model or fields.get("model")
    if model:
        rows.append(("model", str(model)))
    if fields.get("width") and fields.get("height"):
        rows.append(("size", f"{fields['width']}x{fields['height']}"))
    return [*rows, *((said, str(fields[name])) for name, said in FACTS.items() if fields.get(name) is not None)]
