"""The names of all settings, as they are written in the file (``engine.threads``) and in the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pydantic import BaseModel

from config.nearest import nearest
from config.settings import FolderSettings, QuotaRule, ScheduleSettings, Settings

PREFIX = "MEZZOTINT_"
DELIMITER = "__"
TABLES: dict[str, type[BaseModel]] = {
    "watch_folder.folders": FolderSettings,
    "schedules.entries": ScheduleSettings,
    "quotas.rules": QuotaRule,
}
"""Settings that are lists of tables, with the model of one table."""

SECRET = re.compile(r"token|secret|passw|api_?key|credential|private_?key", re.IGNORECASE)
"""Names of settings that would hold a secret."""
NO_SECRETS = "secrets are no settings: put it into a file of its own in the credentials directory"


@cache
def every() -> tuple[str, ...]:
    """All keys in the order of the models; those of a list of tables carry the list's name."""
    return tuple(_below(Settings, ""))


def _below(model: type[BaseModel], before: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = f"{before}{name}"
        section = TABLES.get(key) or field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from _below(section, f"{key}.")
        else:
            yield key


def variable(key: str) -> str:
    """The environment variable of a key."""
    return PREFIX + key.replace(".", DELIMITER).upper()


@cache
def variables() -> tuple[str, ...]:
    """Every variable that sets one setting (lists of tables are set as JSON, whole)."""
    single = [key for key in every() if not any(key.startswith(f"{table}.") for table in TABLES)]
    return tuple(variable(key) for key in (*single, *TABLES))


def meant(key: str) -> str | None:
    """The key somebody meant by an unknown one: the same word in another section, else the nearest name."""
    word = key.rpartition(".")[2].lower()
    same = [each for each in every() if each.rpartition(".")[2] == word]
    return same[0] if len(same) == 1 else nearest(key, (*every(), *Settings.model_fields))
