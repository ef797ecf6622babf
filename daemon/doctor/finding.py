"""What a look at the machine comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from config.settings import Settings

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. What is not ``ok`` has a hint: what to do, as a command where there is one."""

    name: str
    level: Level
    detail: str
    hint: str | None = None


Check = Callable[[Settings], Iterator[Finding]]


def graded(name: str, detail: str, hint: str | None, level: Level = "warn") -> Finding:
    """With a hint there is something to do, and ``level`` says how much; without one all is well."""
    return Finding(name, level if hint else "ok", detail, hint)
