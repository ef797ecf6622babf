"""The database: whole or damaged, ours or not, of which version, beside a writer or alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from daemon import lock
from daemon.doctor import database
from storage.database import Database
from storage.schema.version import VERSION
from storage.sqlite import examination


@pytest.fixture
def settings(given: Any) -> Any:
    """With a database that was closed."""
    made = given()
    Database.open(made.database).close()
    return made


def _changed(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def test_none_yet_is_no_fault(given: Any, found: Any) -> None:
    settings = given()
    assert found(database.check_database, settings)["database"].level == "ok"
    settings.database.touch()
    assert "none yet" in found(database.check_database, settings)["database"].detail


def test_a_whole_one_is_well_and_stays_as_it_is(settings: Any, found: Any) -> None:
    before = {path: path.read_bytes() for path in settings.state_dir.iterdir() if path.is_file()}
    findings = found(database.check_database, settings)
    assert "every page is whole" in findings["database"].detail
    assert findings["schema"].detail == f"version {VERSION}, this program knows {VERSION}"
    assert findings["write-ahead log"].level == "ok"
    assert {path: path.read_bytes() for path in settings.state_dir.iterdir() if path.is_file()} == before


def test_it_is_looked_at_while_a_daemon_writes(given: Any, found: Any) -> None:
    settings = given()
    opened = Database.open(settings.database)
    try:
        with lock.held(settings.lock_file):
            findings = found(database.check_database, settings)
        assert findings["database"].level == findings["schema"].level == "ok"
    finally:
        opened.close()


def test_a_log_left_by_a_crash_is_read_with_it(settings: Any, found: Any, tmp_path: Path) -> None:
    """The version stands in the log alone, as after a crash in the middle of an update."""
    writing = sqlite3.connect(settings.database)
    writing.execute("PRAGMA journal_mode=WAL")
    writing.execute("UPDATE alembic_version SET version_num = '9999'")
    writing.commit()
    left = {path.name: path.read_bytes() for path in settings.state_dir.glob("mezzotint.db*")}
    writing.close()
    for name in ("mezzotint.db", "mezzotint.db-wal"):
        (settings.state_dir / name).write_bytes(left[name])
    assert found(database.check_database, settings)["schema"].level == "fail"


def test_damage_is_found(settings: Any, found: Any) -> None:
    with settings.database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 20_000)
    before = sorted(settings.state_dir.iterdir())
    finding = found(database.check_database, settings)["database"]
    assert finding.level == "fail"
    assert "mezzotint restore" in str(finding.hint)
    assert sorted(settings.state_dir.iterdir()) == before


def test_what_is_no_database_or_not_ours_is_found(given: Any, found: Any) -> None:
    settings = given()
    settings.database.write_bytes(b"not a database at all" * 100)
    assert found(database.check_database, settings)["database"].level == "fail"
    settings.database.unlink()
    _changed(settings.database, "CREATE TABLE alembic_version (version_num TEXT)")
    assert "another program" in found(database.check_database, settings)["database"].detail


def test_older_and_newer_schemas_are_told_apart(settings: Any, found: Any) -> None:
    _changed(settings.database, "UPDATE alembic_version SET version_num = '0001'")
    older = found(database.check_database, settings)["schema"]
    assert older.level == "ok"
    assert "brought up to date" in older.detail
    _changed(settings.database, "UPDATE alembic_version SET version_num = '9999'")
    assert found(database.check_database, settings)["schema"].level == "fail"


def test_a_large_one_is_read_through_only_when_that_is_wanted(
    settings: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "CHECKED_BYTES", 100)
    assert "--thorough" in found(database.check_database, settings)["database"].detail
    assert "every page" in found(database.check_database, settings, thorough=True)["database"].detail


def test_a_long_log_is_found(settings: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LONG_LOG_BYTES", -1)
    assert found(database.check_database, settings)["write-ahead log"].level == "warn"


@pytest.mark.parametrize(("version", "level"), [((3, 40, 1), "warn"), ((3, 51, 3), "ok")])
def test_an_old_sqlite_is_warned_of(
    given: Any, found: Any, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], level: str
) -> None:
    monkeypatch.setattr("storage.database.sqlite_version", lambda: version)
    assert found(database.check_sqlite, given())["sqlite"].level == level
