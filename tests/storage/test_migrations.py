"""A database is of one version or of the next, never between."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import storage.migrations
from storage.database import Database
from storage.schema import metadata
from storage.schema.version import VERSION


def _shape(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))


def _version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        try:
            return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        except sqlite3.OperationalError:
            return ""  # nothing was made yet


def test_the_steps_lead_to_the_tables_of_today_and_all_are_strict(tmp_path: Path) -> None:
    Database.open(tmp_path / "a.db").close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or not str(name).startswith("prompts")}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        strict = dict(db.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"))
        made = {" ".join(sql.split()) for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    assert {name for name, is_strict in strict.items() if not is_strict} == {"alembic_version", "sqlite_schema"}
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        wanted = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
        assert {" ".join(sql.split()) for (sql,) in wanted} <= made
    engine.dispose()


def test_the_version_that_is_known_without_alembic_is_the_last_step() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [VERSION]


def test_a_migration_that_is_ended_at_any_statement_leaves_nothing_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1. Open, with the n-th statement failing. 2. The file is of a version. 3. Then it is of the last."""

    class Killed(BaseException):
        pass

    from sqlalchemy.engine.default import DefaultDialect

    real = DefaultDialect.do_execute
    number, shapes = 0, {}
    while True:
        number += 1
        path, left = tmp_path / f"{number}.db", [number]

        def execute(
            self: DefaultDialect, cursor: object, statement: str, *rest: object, left: list[int] = left
        ) -> None:
            if statement.lstrip().startswith(("CREATE", "INSERT", "UPDATE", "ALTER")):
                left[0] -= 1
                if left[0] == 0:
                    raise Killed
            real(self, cursor, statement, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(DefaultDialect, "do_execute", execute)
        try:
            Database.open(path).close()
        except Killed:
            shapes[number] = _shape(path)
            continue
        finally:
            monkeypatch.setattr(DefaultDialect, "do_execute", real)
        break
    assert number > 40
    whole = _shape(path)
    of_version: dict[str, set[frozenset[tuple[str, str]]]] = {}
    for number, shape in shapes.items():
        of_version.setdefault(_version(tmp_path / f"{number}.db"), set()).add(frozenset(shape))
    assert all(len(of_one) == 1 for of_one in of_version.values()), "of a version, or of none"
    assert of_version.keys() >= {"", "0001"}
    assert ("table", "removals") not in of_version["0001"].pop()
    Database.open(tmp_path / "1.db").close()
    assert _shape(tmp_path / "1.db") == whole


def test_an_old_database_opens_without_alembic(tmp_path: Path) -> None:
    Database.open(tmp_path / "a.db").close()
    code = (
        "import sys, pathlib; from storage.database import Database;"
        "Database.open(pathlib.Path(sys.argv[1])).close(); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.db")], check=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("every", [24, pytest.param(1, marks=pytest.mark.soak)])
def test_a_migration_with_rows_that_is_killed_at_any_statement_is_of_one_version_and_is_finished(
    tmp_path: Path, every: int
) -> None:
    """A real process, a real kill: from each earlier version, through every real step and one that is added.

    At every statement of the newest steps, and at some of those before.
    """
    script = Path(__file__).parents[1] / "support" / "killed_migrations.py"
    command = [sys.executable, script, tmp_path, str(every)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert sorted(found["statements"]) == [f"{number:04}" for number in range(1, int(VERSION) + 1)]
    assert all(number > 10 for number in found["statements"].values())
