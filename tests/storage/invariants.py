"""What must hold in a state directory at any moment after recovery, whatever was killed before.

Reads database and files by itself. As a script: ``PYTHONPATH=tests python tests/storage/invariants.py STATE_DIR
[MAX_ATTEMPTS]`` prints what is wrong and exits 1.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from PIL import Image
from support.invariants import quotas

STATES = ("queued", "running", "done", "failed", "cancelled", "dead")


def violations(
    state_dir: Path, acknowledged: Iterable[str] = (), *, max_attempts: int | None = None, files: bool = True
) -> list[str]:
    """All that is wrong; ``acknowledged`` are ids that somebody was told were accepted."""
    uri = f"file:{state_dir / 'mezzotint.db'}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        found = [
            *_database(connection),
            *_jobs(connection, set(acknowledged), max_attempts),
            *_rows(connection),
            *quotas(connection),
        ]
        if files:
            found += _files(connection, state_dir)
    return found


def _database(connection: sqlite3.Connection) -> Iterator[str]:
    for (said,) in connection.execute("PRAGMA integrity_check"):
        if said != "ok":
            yield f"the database is damaged: {said}"
    for row in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {row[0]} refers to nothing"


def _jobs(connection: sqlite3.Connection, acknowledged: set[str], max_attempts: int | None) -> Iterator[str]:
    states = dict.fromkeys(STATES, 0)
    jobs = {row["id"]: row for row in connection.execute("SELECT * FROM jobs")}
    for row in jobs.values():
        states[row["state"]] += 1
        if max_attempts is not None and row["attempt"] > max_attempts + 1:  # one more may be made alone
            yield f"job {row['id']} was tried {row['attempt']} times"
    for name in sorted(acknowledged - jobs.keys()):
        yield f"job {name} was acknowledged and is lost"
    kept = {row["state"]: row["jobs"] for row in connection.execute("SELECT * FROM tallies")}
    if kept != states:
        yield f"the kept counts {kept} are not the real ones {states}"
    under_way = [row[0] for row in connection.execute("SELECT job_id FROM attempts WHERE ended_at IS NULL")]
    running = [row["id"] for row in jobs.values() if row["state"] == "running"]
    if sorted(under_way) != sorted(running):
        yield f"attempts under way {under_way} are not those of the running jobs {running}"
    for row in connection.execute(
        "SELECT DISTINCT lane, owner FROM jobs WHERE state = 'queued' AND not_before IS NULL"
        " EXCEPT SELECT lane, owner FROM lane_owners WHERE active = 1"
    ):
        yield f"jobs of {row['owner']} in lane {row['lane']} would never be claimed"
    for row in connection.execute(
        "SELECT lane, owner FROM lane_owners WHERE active = 1"
        " EXCEPT SELECT lane, owner FROM jobs WHERE state = 'queued' AND not_before IS NULL"
    ):
        yield f"{row['owner']} has nothing to claim in lane {row['lane']} and saves up turns"


def _rows(connection: sqlite3.Connection) -> Iterator[str]:
    for row in connection.execute(
        "SELECT id, state, json_extract(request, '$.count') AS wanted,"
        " (SELECT count(*) FROM pictures WHERE job_id = jobs.id) AS made FROM jobs"
    ):
        if row["made"] != (row["wanted"] if row["state"] == "done" else 0):
            yield f"job {row['id']} is {row['state']} and has {row['made']} pictures"
    for row in connection.execute(
        "SELECT job_id, count(*) AS n FROM attempts WHERE outcome = 'done' GROUP BY job_id HAVING n > 1"
    ):
        yield f"job {row['job_id']} was done {row['n']} times"
    for row in connection.execute(
        "SELECT id FROM jobs WHERE deliver = 1 AND finished_at IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM deliveries WHERE job_id = jobs.id AND state <> 'superseded')"
    ):
        yield f"the end of job {row['id']} would never be delivered"


def _files(connection: sqlite3.Connection, state_dir: Path) -> Iterator[str]:
    named = {row["path"]: row for row in connection.execute("SELECT * FROM pictures")}
    there = {str(path.relative_to(state_dir)) for path in (state_dir / "pictures").rglob("*") if path.is_file()}
    for path in sorted(there - named.keys()):
        yield f"no row names the file {path}"
    for part in sorted(state_dir.rglob("*.part")):
        yield f"a half-written file is left: {part.name}"
    for path, row in named.items():
        yield from _file(state_dir / path, row) if path in there else [f"the file {path} is missing"]


def _file(path: Path, row: sqlite3.Row) -> Iterator[str]:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != row["sha256"]:
        yield f"the file {path.name} is torn"
        return
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        if image.size != (row["width"], row["height"]):
            yield f"the picture {path.name} has size {image.size}"


if __name__ == "__main__":
    wrong = violations(Path(sys.argv[1]), max_attempts=int(sys.argv[2]) if len(sys.argv) > 2 else None)
    print("\n".join(wrong) or "all invariants hold")
    sys.exit(1 if wrong else 0)
