"""One thing that may be said to a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.service import ModelEntry
from frontends.discord_bot.models import ModelBoard
from pipeline.request import Request

Suggest = Callable[[ModelBoard, Mapping[str, Any], str], Sequence[tuple[str, str]]]
"""From the models, what is filled in already and what is typed to labels and their values. From memory: Discord waits
for three seconds and admits no delay."""
Read = Callable[[Any, ModelEntry], Mapping[str, Any]]
"""From what was said and the model that draws to fields of a request. Raises :class:`config.errors.UserError`."""
SCHEMA: Mapping[str, Any] = Request.model_json_schema()["properties"]


def _always(models: Sequence[ModelEntry]) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """``name`` is what Discord shows in English; its words are ``WORDS.name`` and ``WORDS.describe``."""

    name: str
    kind: type
    """``str``, ``int``, ``float``, ``bool`` or ``discord.Attachment``."""
    field: str | None = None
    """Of the request: what was said goes there as it is, and its bounds hold. None where ``read`` says more."""
    read: Read | None = None
    suggest: Suggest | None = None
    offered: Callable[[Sequence[ModelEntry]], bool] = _always
    """Whether the models at hand can do anything with it."""
    most: int | None = None
    """Less than the request admits."""
    words: str = ""
    """``option.NAME`` when open."""

    @property
    def key(self) -> str:
        """Of its words."""
        return self.words or f"option.{self.name}"

    @property
    def bounds(self) -> tuple[Any, Any]:
        """Least and most of a number, or of the length of a text; None where there is none."""
        schema = SCHEMA.get(self.field or "", {})
        for each in (schema, *schema.get("anyOf", ())):
            names = ("minLength", "maxLength") if self.kind is str else ("minimum", "maximum")
            if any(name in each for name in names):
                least, most = (each.get(name) for name in names)
                return least, most if self.most is None else min(self.most, most)
        return None, self.most

    def fields(self, said: Any, model: ModelEntry) -> Mapping[str, Any]:
        """What it puts into a request."""
        if self.read is not None:
            return self.read(said, model)
        return {} if self.field is None else {self.field: said}
