"""Bring a database to the tables of this version: all steps in one transaction, or none."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect

from config.errors import FatalError
from storage import dialect
from storage.migrations.head import HEAD, KNOWN

MIGRATIONS = Path(__file__).parent / "migrations"


class NewerDatabaseError(FatalError):
    """The database was made by a newer version of Mezzotint."""


class ForeignDatabaseError(FatalError):
    """The file holds tables, but not those of Mezzotint."""


def version(connection: Connection) -> str | None:
    """The step the database is at; ``None`` for an empty one."""
    names = inspect(connection).get_table_names()
    if "alembic_version" in names:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
        return None if found is None else str(found)
    if names:
        raise ForeignDatabaseError(hint="name another state directory (MEZZOTINT_STATE_DIR)")
    return None


def check(connection: Connection) -> bool:
    """Whether steps are missing. Raises :class:`NewerDatabaseError` for a version that we don't know."""
    found = version(connection)
    if found is not None and found not in KNOWN:
        raise NewerDatabaseError(
            f"the database is at version {found}, made by a newer Mezzotint; this one knows up to {HEAD}",
            hint="start the newer version, or restore a backup made before the upgrade",
        )
    return found != HEAD


def to_head(connection: Connection) -> None:
    """Run the missing steps; ``connection`` is the writer's, outside a transaction.

    Alembic is imported only here: it costs a tenth of a second and memory that a daemon at head does not need.
    """
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    dialect.begin_writing(connection)
    try:
        command.upgrade(settings, "head")
    except BaseException:
        if dialect.in_transaction(connection):
            connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")
