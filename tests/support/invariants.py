"""What must hold after every fault, read from database and files without the product's own code."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

ENDED = ("done", "failed", "cancelled", "dead")


def problems(state_dir: Path, acknowledged: Iterable[str], *, max_attempts: int) -> list[str]:
    """Everything that is wrong in a state directory whose daemon has recovered, drained its queue and stopped."""
    with sqlite3.connect(f"file:{state_dir / 'mezzotint.db'}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        found = [
            *_database(connection),
            *_jobs(connection, set(acknowledged), max_attempts),
            *_results(connection),
            *_files(connection, state_dir),
            *quotas(connection),
        ]
    connection.close()
    return found


def _database(connection: sqlite3.Connection) -> Iterable[str]:
    (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    if said != "ok":
        yield f"the database is damaged: {said}"
    for row in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {row[0]} refers to nothing"


def _jobs(connection: sqlite3.Connection, acknowledged: set[str], max_attempts: int) -> Iterable[str]:
    jobs = {row["id"]: row for row in connection.execute("SELECT * FROM jobs")}
    for name in sorted(acknowledged - jobs.keys()):
        yield f"job {name} was acknowledged and is lost"
    for name in sorted(jobs.keys() - acknowledged):
        yield f"job {name} is there and was never acknowledged"
    for name, row in jobs.items():
        if row["state"] not in ENDED:
            yield f"job {name} is still {row['state']}"
        if row["attempt"] > max_attempts:
            yield f"job {name} ran {row['attempt']} times, allowed are {max_attempts}"
    ends = Counter(
        row["job_id"] for row in connection.execute("SELECT job_id, what FROM events") if row["what"] in ENDED
    )
    for name, row in jobs.items():
        if row["state"] in ENDED and ends[name] != 1:
            yield f"job {name} ended {ends[name]} times"
    for row in connection.execute("SELECT job_id, count(*) AS n FROM attempts WHERE outcome = 'done' GROUP BY job_id"):
        if row["n"] > 1:
            yield f"{row['n']} attempts of job {row['job_id']} were recorded as done"


def _results(connection: sqlite3.Connection) -> Iterable[str]:
    pictures: dict[str, list[int]] = {}
    for row in connection.execute("SELECT job_id, number FROM pictures"):
        pictures.setdefault(row["job_id"], []).append(row["number"])
    for row in connection.execute("SELECT id, state, request FROM jobs"):
        wanted = list(range(json.loads(row["request"])["count"])) if row["state"] == "done" else []
        has = sorted(pictures.get(row["id"], []))
        if has != wanted:
            yield f"job {row['id']} is {row['state']} and has pictures {has}"


def _files(connection: sqlite3.Connection, state_dir: Path) -> Iterable[str]:
    named = {row["path"]: row for row in connection.execute("SELECT * FROM pictures")}
    there = {str(path.relative_to(state_dir)) for path in (state_dir / "pictures").rglob("*") if path.is_file()}
    for path in sorted(there - named.keys()):
        yield f"no row names the file {path}"
    for part in state_dir.rglob("*.part"):
        yield f"a half-written file is left: {part}"
    for path in sorted(named.keys() - there):
        yield f"the file {path} is missing"
    for path in sorted(named.keys() & there):
        data = (state_dir / path).read_bytes()
        if hashlib.sha256(data).hexdigest() != named[path]["sha256"]:
            yield f"the file {path} is torn"
        else:
            yield from _image(state_dir / path, named[path])


def quotas(connection: sqlite3.Connection) -> Iterable[str]:
    """What is held is the sum over the open jobs, and what is stored is what the rows of pictures say."""
    scopes = (
        "WITH counted AS (SELECT jobs.*, 'owner:' || owner AS scope FROM jobs UNION ALL"
        " SELECT jobs.*, value AS scope FROM jobs, json_each(groups)) "
    )
    held = (
        "SELECT scope, '{0}', {1}, sum(held_pictures), sum(held_ms) FROM counted"
        " WHERE state IN ('queued','running') GROUP BY scope, {1}"
    )
    wanted = {
        tuple(row)
        for kind, period in (("day", "quota_day"), ("month", "substr(quota_day, 1, 7)"))
        for row in connection.execute(scopes + held.format(kind, period))
    }
    kept = {
        tuple(row)
        for row in connection.execute(
            "SELECT scope, kind, period, held_pictures, held_ms FROM usage WHERE held_pictures > 0 OR held_ms > 0"
        )
    }
    if wanted != kept:
        yield f"held are {sorted(kept)}, and open jobs hold {sorted(wanted)}"
    wanted = {
        tuple(row)
        for row in connection.execute(
            scopes + "SELECT scope, count(pictures.id), coalesce(sum(bytes), 0),"
            " (SELECT coalesce(sum(held_bytes), 0) FROM counted AS open"
            "  WHERE open.scope = counted.scope AND state IN ('queued','running')),"
            " count(DISTINCT iif(state IN ('queued','running'), counted.id, NULL))"
            " FROM counted LEFT JOIN pictures ON pictures.job_id = counted.id GROUP BY scope"
        )
    }
    kept = {
        tuple(row) for row in connection.execute("SELECT scope, pictures, bytes, held_bytes, open_jobs FROM stored")
    }
    if sorted(wanted) != sorted(row for row in kept if any(row[1:]) or row in wanted):
        yield f"stored are {sorted(kept)}, and rows of pictures say {sorted(wanted)}"


def _image(path: Path, row: sqlite3.Row) -> Iterable[str]:
    with Image.open(path) as image:
        pixels = image.convert("RGB").tobytes()
        if image.size != (row["width"], row["height"]):
            yield f"the picture {path} has size {image.size}"
        if hashlib.sha256(pixels).hexdigest() != row["pixels_sha256"]:
            yield f"the picture {path} has other pixels than recorded"
