"""A process that migrates a database and is killed at its n-th statement; a script of its own.

``python killed_migrations.py DIRECTORY EVERY`` kills at every statement of the two newest steps, of the step that comes
next after an older version at every fourth, and at every so many of those of the later steps (with 1 at each one of
all). It writes what it found as one JSON object: for each
version a database began at, how many statements lead from there to the newest, and what was wrong after any of the
kills. It forks its children from a process that has loaded everything and holds no database open.

To the real steps one more is added, so that there is a chain of them however few there are. What each version adds
is in ``ROWS``: a table without rows is reported.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import storage.database
from storage.database import Database
from storage.migrations import upgrade

EXTRA = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade():
    op.create_table("extra", sa.Column("job", sa.Text, nullable=False), sqlite_strict=True)
    op.execute("INSERT INTO extra SELECT id FROM jobs")
    op.add_column("jobs", sa.Column("extra", sa.Text))
    op.execute("UPDATE jobs SET extra = upper(id)")
    op.create_index("jobs_extra", "jobs", ["extra"], unique=True)
"""

JOB, OTHER, PICTURE, ORDER = "0123456789abcdef", "123456789abcdef0", "23456789abcdef01", "3456789abcdef012"
REQUEST = json.dumps({"prompt": "a cat", "image": "a" * 64})
_JOB = "INSERT INTO jobs (id, state, lane, owner, source, origin_source, origin_address, priority, cost, request, "
_JOB += "request_hash, deliver, order_id, line, attempt, alone, cancel_requested, queued_at, started_at, finished_at) "

ROWS = {
    "0001": (
        "INSERT INTO orders VALUES"
        f" ('{ORDER}', '/orders', 'a.txt', 'queued', 'f', '7', 10, 5, '/orders/a', 2, 2, 2, NULL, 1, NULL)",
        f"INSERT INTO line_errors VALUES ('{ORDER}', 2, 'not a size')",
        f"{_JOB} VALUES ('{JOB}', 'done', 0, 'cli:1', 'cli', 'cli', '{{}}', 0, 1.0, '{REQUEST}', '{'a' * 64}', 1,"
        f" '{ORDER}', 1, 1, 0, 0, 1, 2, 3)",
        f"{_JOB} VALUES ('{OTHER}', 'queued', 1, 'cli:1', 'cli', 'cli', '{{}}', 5, 2.5, '{{}}', '{'b' * 64}', 0,"
        " NULL, NULL, 0, 0, 0, 1, NULL, NULL)",
        "UPDATE tallies SET jobs = 1 WHERE state IN ('done', 'queued')",
        f"INSERT INTO attempts VALUES (1, '{JOB}', 1, 0, 'local', 2, 3, 'done', NULL)",
        f"INSERT INTO events VALUES (1, '{JOB}', 1, 'queued', NULL)",
        "INSERT INTO flags VALUES ('paused')",
        "INSERT INTO lane_owners VALUES (0, 'cli:1', 4.5, 1)",
        f"INSERT INTO pictures VALUES ('{PICTURE}', '{JOB}', 0, 'pictures/01/{PICTURE}.png', '{'c' * 64}',"
        f" '{'d' * 64}', 1, 64, 64, 100, '{{}}', 3)",
        f"INSERT INTO lineage VALUES ('{OTHER}', '{PICTURE}', NULL)",
        f"INSERT INTO deliveries VALUES ('456789abcdef0123', '{JOB}', 'cli', 'waiting', 0, 0, NULL, 3, NULL)",
    ),
    "0002": (f"INSERT INTO removals VALUES ('pictures/02/{PICTURE[:-1]}2.png')",),
    "0003": (
        "INSERT INTO speeds VALUES ('starter', 64, 64, 'text', 1.0, 4.0, 16.0, 2.0, 8.0, 2.0, 8.0, 1.0, 1.0, 0.5, 0.5,"
        " 3)",
        "INSERT INTO loads VALUES ('starter', 1.0, 2.5, 3)",
    ),
    "0005": (
        "INSERT INTO schedules (id, name, owner, from_file, kind, expression, time_zone, gap, overlap, catch_up,"
        " jitter_ms, max_in_flight, template, target, anchor_at, created_at, version, disabled, last_due_at, runs,"
        f" failures) VALUES ('{ORDER}', 'dawn', 'schedule:dawn', 0, 'every', '2h', 'UTC', 'next', 'first', 'one', 0, 1,"
        " '{}', '{}', 1, 1, 1, 0, 1, 1, 0)",
        f"INSERT INTO occurrences VALUES (1, '{ORDER}', 5, 'done', 1, NULL, 0, '{JOB}', 5)",
    ),
    "0006": ("INSERT INTO subscriptions VALUES ('webhook', 'archive', 'done,failed', 'folder:*', NULL)",),
    "0007": (
        f"INSERT INTO posts VALUES ('{ORDER}', 'discord', '1', '2', '3', '4', 'secret', 9, 0, '{JOB}', 1, 'told',"
        " 'reply', NULL, 3)",
        f"INSERT INTO post_messages VALUES ('5', 'discord', '{ORDER}', '2', 'part', 0)",
        "INSERT INTO policies VALUES ('1', 'role:7', 'draw', 'true', '3', 3)",
        "INSERT INTO audit VALUES (1, 3, '1', '3', 'set', '{}')",
        f"INSERT INTO memory VALUES ('discord:3', 'size', '64', 3, NULL), ('job:1', 'spoiler', 'true', 3, '{JOB}')",
        f"INSERT INTO favourites VALUES (1, 'discord:3', '{PICTURE}', 3)",
    ),
}
"""Plain SQL, as a version wrote it: what is inserted once a database is of that version."""

Content = dict[str, list[tuple[object, ...]]]


NEWEST_STEPS, OLDER_STRIDE = 2, 4
"""What has been killed at each statement for as long as it was new is killed at fewer now."""


def main(directory: Path, every: int) -> None:
    """Kill on every way to the newest version."""
    versions = _with_one_more(directory)
    vars(storage.database)["VERSION"] = versions[-1]
    olds = list(_databases(directory, versions))
    wrong = [
        f"version {old.stem}: no rows in {name}" for old in olds for name, rows in _content(old).items() if not rows
    ]
    shapes = [_shape(old) for old in olds]
    shapes.append(_shape(_newest(directory, olds[-1])))
    statements = {}
    for at, old in enumerate(olds):
        next_stride = 1 if at >= len(olds) - NEWEST_STEPS else min(every, OLDER_STRIDE)
        number, stride = 0, next_stride
        while True:
            number += stride
            file = directory / "work" / f"{old.stem}-{number}.db"
            file.parent.mkdir(exist_ok=True)
            shutil.copy(old, file)
            if not _killed(file, number):
                break
            if stride == next_stride and _version(_copied(file)) != old.stem:
                stride = every
            wrong += [f"from {old.stem}, killed at {number}: {each}" for each in _problems(file, old, shapes[at:])]
            file.unlink()
        statements[old.stem] = number - stride
    print(json.dumps({"statements": statements, "wrong": wrong}))


def _with_one_more(directory: Path) -> list[str]:
    """The real steps and one more, in a place of their own; the versions they lead to."""
    upgrade.PLACE = Path(shutil.copytree(upgrade.PLACE, directory / "migrations"))
    real = [step.revision for step in _steps().walk_revisions()][::-1]
    more = f"{int(real[-1]) + 1:04}"
    text = EXTRA.format(revision=more, before=real[-1])
    (upgrade.PLACE / "versions" / f"{more}_extra.py").write_text(text)
    return [*real, more]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(upgrade.PLACE))
    return config


def _steps() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _databases(directory: Path, versions: list[str]) -> Iterator[Path]:
    """A database of each version but the newest, with the rows of all versions up to it."""
    from storage import sqlite

    path = directory / "growing.db"
    config = _config()
    for version in versions[:-1]:
        engine = sqlite.open_writer(path, synchronous="normal", busy_timeout_seconds=1)
        with engine.begin() as connection:
            sqlite.mark(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, version)
            for row in ROWS.get(version, ()):
                connection.exec_driver_sql(row)
        engine.dispose()
        yield Path(shutil.copy(path, directory / f"{version}.db"))


def _newest(directory: Path, old: Path) -> Path:
    path = Path(shutil.copy(old, directory / "newest.db"))
    _open(path)
    return path


def _open(path: Path) -> None:
    Database.open(path, synchronous="normal").close()


def _killed(path: Path, number: int) -> bool:
    """False when the migration came to its end before that statement."""

    def end() -> None:
        left = number

        def count(_: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        @sa.event.listens_for(sa.pool.Pool, "connect")
        def trace(connection: sqlite3.Connection, _: object) -> None:
            connection.set_trace_callback(count)

        _open(path)

    status = _in_a_child(end)
    if status not in (0, -signal.SIGKILL):
        raise SystemExit(f"the child ended with {status} at statement {number}")
    return status != 0


def _in_a_child(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _problems(path: Path, old: Path, shapes: list[set[str]]) -> Iterator[str]:
    """What is wrong with a file after a kill, and after the next start on it."""
    seen = _copied(path)  # looking would tidy its write-ahead log away
    before, found, shape = _content(old), _content(seen), _shape(seen)
    if shape not in shapes:
        yield "it is of no version"
    if shape == shapes[0] and found != before:
        yield "it is of the old version, with other rows"
    if _counts(found, before) != _counts(before, before):
        yield "rows are lost"
    if (status := _in_a_child(lambda: _open(path))) != 0:
        yield f"the next start ends with {status}"
    if _shape(path) != shapes[-1]:
        yield "the next start does not bring it to the newest version"
    if _counts(_content(path), before) != _counts(before, before):
        yield "rows are lost by the next start"


def _copied(path: Path) -> Path:
    seen = Path(shutil.copy(path, path.with_name("seen.db")))
    for ending in ("-wal", "-shm"):
        log = path.with_name(path.name + ending)
        seen.with_name(seen.name + ending).unlink(missing_ok=True)
        if ending == "-wal" and log.exists():
            shutil.copy(log, seen.with_name(seen.name + ending))
    return seen


def _shape(path: Path) -> set[str]:
    """Its tables and indexes, and the version it says it is of."""
    with closing(sqlite3.connect(path)) as db:
        made = {sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
        return made | {version for (version,) in db.execute("SELECT version_num FROM alembic_version")}


def _version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        return str(db.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _content(path: Path) -> Content:
    """All rows by table, of a whole file."""
    with closing(sqlite3.connect(path)) as db:
        (said,) = db.execute("PRAGMA integrity_check").fetchone()
        if said != "ok" or db.execute("PRAGMA foreign_key_check").fetchall():
            raise SystemExit(f"{path.name} is damaged: {said}")
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(db.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}


def _empty(path: Path) -> list[str]:
    return [name for name, rows in _content(path).items() if not rows]


def _counts(found: Content, names: Content) -> dict[str, int]:
    return {name: len(found.get(name, ())) for name in names}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
