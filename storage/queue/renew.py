"""Says that jobs are still being worked on."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import jobs

_RENEW = (
    sa.update(jobs)
    .where(jobs.c.id == sa.bindparam("job"), jobs.c.attempt == sa.bindparam("number"), jobs.c.state == "running")
    .values(lease_until=sa.bindparam("until"))
)


def renew(connection: Connection, names: Sequence[tuple[str, int]], lease_until: int) -> int:
    """Push the leases of these ``(job, attempt)`` out; returns how many are still owned."""
    return sum(
        connection.execute(_RENEW, {"job": job, "number": attempt, "until": lease_until}).rowcount
        for job, attempt in names
    )
