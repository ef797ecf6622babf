"""The database: whole, of a version that is known, its log short, the library new enough."""

from __future__ import annotations

from collections.abc import Iterator

from config.settings import Settings
from daemon import lock, words
from daemon.doctor.finding import Finding, graded

LONG_LOG_BYTES = 256 * 1024 * 1024
"""The daemon keeps it near 16 MiB, unless somebody reads for very long."""


def check_database(settings: Settings, *, thorough: bool = False) -> Iterator[Finding]:
    """Is every page whole, and the schema of this version? Reads only; a large one in full only when ``thorough``."""
    from storage.schema.version import VERSION
    from storage.sqlite.examination import CHECKED_BYTES, examine

    runs = lock.owner(settings.lock_file) is not None
    found = examine(settings.database, used=runs, most_bytes=None if thorough else CHECKED_BYTES)
    if found is None:
        yield Finding("database", "ok", "there is none yet; it is made at the first start")
        return
    size = words.size(found.bytes)
    if found.problem:
        restore = "stop the daemon, then: mezzotint restore BACKUP --force"
        yield Finding("database", "fail", f"{settings.database} ({size}): {found.problem}", restore)
    elif found.read_through:
        yield Finding("database", "ok", f"{size}, every page is whole")
    else:
        yield Finding("database", "ok", f"{size}: too large to read through in passing (mezzotint doctor --thorough)")
    if found.version is not None:
        newer = "install that version again, or: mezzotint restore BACKUP" if found.version > VERSION else None
        older = "; it is brought up to date at the next start" if found.version < VERSION else ""
        detail = f"version {found.version}, this program knows {VERSION}{older}"
        yield graded("schema", detail, newer, "fail")
    long = found.log_bytes > LONG_LOG_BYTES
    hint = "somebody reads for very long: fuser -v " + str(settings.database) if long else None
    yield graded("write-ahead log", words.size(found.log_bytes), hint)


def check_sqlite(settings: Settings) -> Iterator[Finding]:
    """Is SQLite new enough?"""
    from storage import database

    version, fixed_in = database.sqlite_version(), database.SQLITE_FIXED_IN
    text, fixed = ".".join(map(str, version)), ".".join(map(str, fixed_in))
    if version < fixed_in:
        detail = f"SQLite {text} has the WAL-reset defect (fixed in {fixed}); the single writer of the daemon avoids it"
        yield Finding("sqlite", "warn", detail, "never write to the database with other tools while the daemon runs")
    else:
        yield Finding("sqlite", "ok", f"SQLite {text}")
