"""Brings the schema to today's, each step whole or not at all."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from config.failpoints import reach
from storage.sqlite import mark

PLACE = Path(__file__).parent
"""Where the steps lie."""


def upgrade(engine: Engine, current: str | None) -> None:
    """Run every step after ``current`` (None: an empty database).

    Each step, its DDL and the note that it was done are one transaction of ours, begun with ``BEGIN IMMEDIATE``:
    a process killed at any statement leaves the version before or the version after. (sqlite3's own transaction
    control would commit at each DDL statement.)
    """
    config = Config()
    config.set_main_option("script_location", str(PLACE).replace("%", "%%"))
    steps = ScriptDirectory.from_config(config)
    for step in reversed(list(steps.iterate_revisions("head", current or "base"))):
        with engine.begin() as connection:
            mark(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, step.revision)
            reach("migration.before_commit")
        reach("migration.after_commit")
