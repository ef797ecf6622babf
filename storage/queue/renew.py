"""Leases: a running job belongs to whoever keeps renewing it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, update

from storage.schema import jobs


def renew(connection: Connection, names: Sequence[tuple[str, int]], lease_until: int) -> int:
    """Push the leases out; how many were still ours."""
    return sum(
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job, jobs.c.state == "running", jobs.c.attempt == attempt)
            .values(lease_until=lease_until)
        ).rowcount
        for job, attempt in names
    )
