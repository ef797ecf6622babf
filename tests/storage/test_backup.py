"""A backup is whole or none, and what is put back is what was there."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from support.queue_driver import QueueDriver
from support.requests import settled

from config.errors import ConflictError, RetryableError, UserError
from storage import deliveries, inputs, queue
from storage.backup import manifest, restore
from storage.backup.check import check
from storage.backup.copying import CancelledError, Going
from storage.backup.make import UNFINISHED, Source, make, place
from storage.backup.manifest import DamagedBackupError, Manifest
from storage.database import Database

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def source(state_dir: Path, **fields: object) -> Source:
    usual: dict[str, object] = {
        "state_dir": state_dir,
        "database": state_dir / "mezzotint.db",
        "models_file": state_dir / "models.json",
    }
    return Source(**{**usual, **fields})  # type: ignore[arg-type]


def put_back(backup: Path, state_dir: Path, *, force: bool = False) -> restore.Restored:
    state_dir.mkdir(exist_ok=True)
    found = check(backup, Going())
    return restore.restore(backup, state_dir, found, Going(), force=force, now=NOW, reserve_bytes=0)


@pytest.fixture
def filled(q: QueueDriver) -> QueueDriver:
    """Three jobs drawn, one that runs, one that waits with an input picture, one delivery to be made."""
    for number in range(3):
        q.enqueue(deliver=number == 0)
        q.finish(q.claim_one())
    q.enqueue()
    q.claim_one()
    digest = inputs.save(q.state_dir, b"an input")
    q.enqueue(request=settled(image=digest, denoising_strength=0.5))
    (q.state_dir / "models.json").write_text('{"format": 1, "models": []}')
    return q


@pytest.fixture
def backup(filled: QueueDriver, tmp_path: Path) -> Path:
    target = tmp_path / "backup"
    make(source(filled.state_dir, config=b"# mine\n", config_in_state_dir=True), target, Going())
    return target


def test_what_is_put_back_is_what_was_there(
    filled: QueueDriver, backup: Path, tmp_path: Path, invariants: ModuleType
) -> None:
    found = check(backup, Going())
    assert (found.jobs, found.pictures, found.missing, found.damaged) == (5, 3, (), ())
    assert subprocess.run(["sha256sum", "-c", "--quiet", "files.sha256"], cwd=backup, check=False).returncode == 0
    done = put_back(backup, tmp_path / "new")
    assert done.aside is None
    before = {job.id: (job.state, job.attempt) for job in filled.read(queue.find)}
    again = QueueDriver(tmp_path / "new")
    assert {job.id: (job.state, job.attempt) for job in again.read(queue.find)} == before
    assert len(again.read(deliveries.due, again.now, 10)) == 1
    assert inputs.load(tmp_path / "new", next(p.stem for p in (tmp_path / "new" / "inputs").iterdir())) == b"an input"
    assert (tmp_path / "new" / "config.toml").read_bytes() == b"# mine\n"
    assert (tmp_path / "new" / "models.json").exists()
    (orphan,) = again.write(queue.recover, now=again.now, max_attempts=3)
    job = again.job(orphan)
    assert (job.state, job.attempt, job.alone) == ("queued", 0, False), "nothing speaks against it"
    again.claim_one()
    again.write(queue.recover, now=again.now, max_attempts=3)
    assert again.job(orphan).alone, "the next orphan is one of a crash"
    again.close()
    assert invariants.violations(tmp_path / "new", before) == []


def test_a_file_that_is_gone_is_named_and_one_that_changed_as_well(filled: QueueDriver, tmp_path: Path) -> None:
    paths = sorted(job.pictures[0].path for job in filled.read(queue.find, state="done"))
    (filled.state_dir / paths[0]).unlink()
    (filled.state_dir / paths[1]).write_bytes(b"other")
    made = make(source(filled.state_dir), tmp_path / "b", Going())
    assert (made.missing, made.damaged) == ((paths[0],), (paths[1],))
    assert check(tmp_path / "b", Going()) == made
    put_back(tmp_path / "b", tmp_path / "new")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_picture_that_can_not_be_read_does_not_cost_the_backup(filled: QueueDriver, tmp_path: Path) -> None:
    first, second, *_ = sorted(job.pictures[0].path for job in filled.read(queue.find, state="done"))
    (filled.state_dir / first).chmod(0)
    (filled.state_dir / second).rename(filled.state_dir / "elsewhere.png")
    (filled.state_dir / second).symlink_to(filled.state_dir / "elsewhere.png")
    made = make(source(filled.state_dir), tmp_path / "b", Going())
    assert made.missing == (first, second)
    assert check(tmp_path / "b", Going()) == made


def test_without_pictures_those_of_the_state_directory_stay(filled: QueueDriver, tmp_path: Path) -> None:
    make(source(filled.state_dir, pictures=False), tmp_path / "b", Going())
    assert not (tmp_path / "b" / "pictures").exists()
    filled.close()
    pictures = set((filled.state_dir / "pictures").rglob("*.png"))
    put_back(tmp_path / "b", filled.state_dir, force=True)
    assert set((filled.state_dir / "pictures").rglob("*.png")) == pictures != set()


def test_over_a_database_only_by_force_and_it_is_moved_aside_whole(
    filled: QueueDriver, backup: Path, tmp_path: Path
) -> None:
    filled.enqueue()
    filled.close()
    with pytest.raises(ConflictError, match="holds a database already"):
        put_back(backup, filled.state_dir)
    (filled.state_dir / "config.toml").write_text("# newer")
    done = put_back(backup, filled.state_dir, force=True)
    assert done.aside is not None
    assert {path.name for path in done.aside.iterdir()} >= {"mezzotint.db", "pictures", "inputs", "config.toml"}
    with sqlite3.connect(done.aside / "mezzotint.db") as old:
        assert old.execute("SELECT count(*) FROM jobs").fetchone() == (6,)
    old.close()


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda b: _flip(next((b / "pictures").rglob("*.png"))), "not the file that was backed up"),
        (lambda b: next((b / "pictures").rglob("*.png")).unlink(), "can't be read"),
        (lambda b: _flip(b / "mezzotint.db"), "not the file that was backed up"),
        (lambda b: _flip(b / "files.sha256"), "not the list"),
        (lambda b: (b / "manifest.json").unlink(), "is no backup"),
        (lambda b: (b / "manifest.json").write_text("{}"), "makes no sense"),
        (lambda b: _relist(b, "../../etc/passwd"), "makes no sense"),
        (lambda b: _relist(b, None), "lists other files"),
        (lambda b: _linked(b), "can't be read"),
        (lambda b: _altered(b, schema="9999"), "not the database"),
        (lambda b: _altered(b, format=2), "format 2"),
    ],
    ids=[
        "flipped",
        "gone",
        "database",
        "list",
        "no manifest",
        "empty",
        "leads out",
        "fewer",
        "link",
        "schema",
        "format",
    ],
)
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_touched(
    backup: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(backup)
    with pytest.raises(DamagedBackupError, match=said):
        put_back(backup, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def _altered(backup: Path, **fields: object) -> None:
    value = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps({**value, **fields}))


def _relist(backup: Path, more: str | None) -> None:
    """A list that was tampered with, and a manifest that agrees with it."""
    import hashlib

    lines = (backup / "files.sha256").read_text().splitlines(keepends=True)
    lines = [*lines, f"{'0' * 64}  {more}\n"] if more else lines[:-1]
    (backup / "files.sha256").write_text("".join(lines))
    _altered(backup, listing_sha256=hashlib.sha256("".join(lines).encode()).hexdigest())


def _linked(backup: Path) -> None:
    path = next((backup / "pictures").rglob("*.png"))
    path.rename(backup / "kept")
    path.symlink_to(backup / "kept")


def test_a_newer_database_is_refused(filled: QueueDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '0099'"))
    monkeypatch.setattr("storage.backup.make.VERSION", "0099")
    make(source(filled.state_dir), tmp_path / "b", Going())
    with pytest.raises(DamagedBackupError, match="newer version"):
        check(tmp_path / "b", Going())


def test_places_that_will_not_do(filled: QueueDriver, backup: Path, tmp_path: Path) -> None:
    state, inbox = filled.state_dir, tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "way-in").symlink_to(state)
    for wrong in (state / "b", inbox / "b", tmp_path / "way-in" / "b", Path("relative"), tmp_path / "no" / "where"):
        with pytest.raises(UserError):
            place(wrong, state, (inbox,), NOW)
    with pytest.raises(ConflictError, match="backup at"):
        place(backup, state, (), NOW)
    assert place(tmp_path, state, (), NOW) == tmp_path / "mezzotint-20261124T000000Z"
    assert place(tmp_path / "x", state, (), NOW) == tmp_path / "x"


def test_called_off_or_on_a_full_disk_nothing_is_left(filled: QueueDriver, tmp_path: Path) -> None:
    going = Going()
    going.call_off()
    with pytest.raises(CancelledError):
        make(source(filled.state_dir), tmp_path / "b", going)
    with pytest.raises(RetryableError, match="does not fit"):
        make(source(filled.state_dir, reserve_bytes=2**60), tmp_path / "b", Going())
    assert not (tmp_path / "b").exists()
    assert list(tmp_path.glob(f"{UNFINISHED}*")) == []


CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from storage.backup import restore
from storage.backup.check import check
from storage.backup.copying import Going
from storage.backup.make import Source, make
what, backup, state = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
if what == "make":
    make(Source(state_dir=state, database=state / "mezzotint.db", models_file=state / "models.json"), backup, Going())
else:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    restore.restore(backup, state, check(backup, Going()), Going(), force=True, now=now, reserve_bytes=0)
"""


def _dies(what: str, backup: Path, state_dir: Path, failpoint: str) -> None:
    environment = {**os.environ, "MEZZOTINT_FAILPOINT": failpoint}
    command = [sys.executable, "-P", "-c", CHILD, what, str(backup), str(state_dir)]
    assert subprocess.run(command, env=environment, check=False).returncode == 137


@pytest.mark.slow
@pytest.mark.parametrize(
    "point", ["backup.after_database", "backup.after_files", "backup.before_rename", "backup.after_rename"]
)
def test_a_backup_that_is_killed_is_none_and_the_next_one_tidies_up(
    filled: QueueDriver, tmp_path: Path, point: str
) -> None:
    _dies("make", tmp_path / "b", filled.state_dir, point)
    if point == "backup.after_rename":
        assert check(tmp_path / "b", Going()).jobs == 5
    else:
        assert not (tmp_path / "b").exists()
        assert len(list(tmp_path.glob(f"{UNFINISHED}*"))) == 1
    make(source(filled.state_dir), tmp_path / "c", Going())
    assert list(tmp_path.glob(f"{UNFINISHED}*")) == []
    check(tmp_path / "c", Going())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "old"),
    [
        ("restore.after_copy", True),
        ("restore.after_ready", False),
        ("restore.while_moving", False),
        ("restore.while_moving:3", False),
        ("restore.after_moving", False),
        ("restore.while_placing", False),
        ("restore.while_placing:4", False),
    ],
)
def test_a_restore_that_is_killed_leaves_the_old_or_is_finished(
    filled: QueueDriver, backup: Path, tmp_path: Path, invariants: ModuleType, point: str, old: bool
) -> None:
    newest = filled.enqueue()
    filled.close()
    _dies("restore", backup, filled.state_dir, point)
    (filled.state_dir / "pictures").mkdir(exist_ok=True)  # as a start would, before it finishes the restore
    assert restore.finish(filled.state_dir) == (not old)
    assert not restore.finish(filled.state_dir)
    assert [path.name for path in filled.state_dir.iterdir() if path.name.startswith("restore.")] == []
    with sqlite3.connect(filled.state_dir / "mezzotint.db") as connection:
        there = {name for (name,) in connection.execute("SELECT id FROM jobs")}
    connection.close()
    assert (newest in there) == old
    assert len(there) == (6 if old else 5)
    assert invariants.violations(filled.state_dir, there) == []
    aside = filled.state_dir / "before-restore-20261124T000000Z"
    assert aside.exists() != old
    if not old:
        with sqlite3.connect(aside / "mezzotint.db") as connection:
            assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (6,)
        connection.close()


def test_an_older_database_is_put_back_and_migrated_at_the_next_start(tmp_path: Path) -> None:
    """Made by the step before the last one, from its own migration."""
    from alembic import command
    from alembic.config import Config

    import storage.migrations
    from storage import sqlite

    state, target = tmp_path / "old", tmp_path / "b"
    state.mkdir()
    target.mkdir()
    engine = sqlite.open_writer(state / "mezzotint.db", synchronous="normal", busy_timeout_seconds=5)
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
    with engine.begin() as connection:
        sqlite.mark(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    from storage.backup.copying import digest_of
    from storage.sqlite import snapshot

    snapshot.snapshot(state / "mezzotint.db", target / "mezzotint.db", lambda: False)
    digest, size = digest_of(target / "mezzotint.db", Going())
    (target / manifest.LISTING).write_text(f"{digest}  mezzotint.db\n")
    listing, _ = digest_of(target / manifest.LISTING, Going())
    described = Manifest(
        format=1,
        schema="0001",
        version="0.0.9",
        created_at="2026-01-01T00:00:00Z",
        jobs=0,
        pictures=0,
        with_pictures=True,
        config_in_state_dir=False,
        bytes=size,
        files=1,
        listing_sha256=listing,
    )
    (target / manifest.NAME).write_text(described.text())
    put_back(target, tmp_path / "new")
    database = Database.open(tmp_path / "new" / "mezzotint.db")
    assert database.read_sync(queue.counts)["done"] == 0
    database.close()
