"""The rows: each option of the commands that draw, and where in a request it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from daemon.service import ModelEntry
from frontends.discord_bot.models import ModelBoard
from frontends.discord_bot.options import size
from frontends.discord_bot.options.option import Option
from pipeline import schedulers

MOST_PICTURES = 10
"""Of one command: a message shows no more."""


def _model(board: ModelBoard, given: Mapping[str, Any], typed: str) -> Sequence[tuple[str, str]]:
    found = [each for each in board.models if typed.lower() in each.name]
    return [(f"{each.name}: {each.description}" if each.description else each.name, each.name) for each in found]


def _scheduler(board: ModelBoard, given: Mapping[str, Any], typed: str) -> Sequence[tuple[str, str]]:
    wanted = typed.lower()
    names = [name for name in schedulers.SCHEDULERS if wanted in name.lower()]
    return [(name, name) for name in sorted(names, key=lambda name: (not name.lower().startswith(wanted), name))]


def _guided(models: Sequence[ModelEntry]) -> bool:
    """A distilled model that is not guided does nothing with it."""
    return any(model.defaults.guidance_scale > 0 for model in models)


OPTIONS = (
    Option(name="prompt", kind=str, field="prompt"),
    Option(name="negative", kind=str, field="negative_prompt", offered=_guided),
    Option(name="model", kind=str, field="model", suggest=_model),
    Option(name="size", kind=str, read=size.read, suggest=size.suggest),
    Option(name="count", kind=int, field="count", most=MOST_PICTURES),
    Option(name="steps", kind=int, field="steps"),
    Option(name="guidance", kind=float, field="guidance_scale", offered=_guided),
    Option(name="scheduler", kind=str, field="scheduler", suggest=_scheduler),
    Option(name="seed", kind=int, field="seed"),
    Option(name="image", kind=discord.Attachment),
    Option(name="strength", kind=float, field="denoising_strength"),
    Option(name="spoiler", kind=bool),
    Option(name="private", kind=bool),
)
"""In the order in which Discord shows them. ``image``, ``spoiler`` and ``private`` go beside the request."""


def named(*names: str) -> tuple[Option, ...]:
    """Those of these names, in that order."""
    rows = {option.name: option for option in OPTIONS}
    return tuple(rows[name] for name in names)


def offered(options: Sequence[Option], models: Sequence[ModelEntry]) -> tuple[Option, ...]:
    """Those with which the models can do something."""
    return tuple(option for option in options if option.offered(models))
