"""The daemon with one promise broken on purpose, to see that the fault harness notices.

``BROKEN`` names what, comma-separated: ``no_fence`` lets every write count whoever owns the job, ``delete_on_claim``
loses what was claimed when its owner dies, ``row_before_file`` records a result before its file is there.
``hung_dispatcher`` never comes back from a look at the disk once the file ``HANG_WHEN`` is there.
``judged_outside`` asks whether the quotas have room before the transaction in which it is taken.
``usurper`` breaks nothing: again and again it takes the running jobs away, as a second owner of the queue would.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any


def no_fence() -> None:
    import sqlalchemy as sa

    import storage.queue  # noqa: F401
    from storage.queue import tally, transition
    from storage.quotas import counting

    def uncounted(*_: Any, **__: Any) -> None:
        """The tally and the quotas would notice, and it is the fence that is to be missed."""

    transition.fence = lambda attempt: sa.true()
    tally.moved = uncounted
    counting.settle = uncounted


def delete_on_claim() -> None:
    import storage.queue  # noqa: F401
    from storage.queue import tally
    from storage.schema import attempts, events, jobs

    def lose(connection: Any, job: str, *_: Any) -> None:
        for table in (events, attempts):
            connection.execute(table.delete().where(table.c.job_id == job))
        connection.execute(jobs.delete().where(jobs.c.id == job))
        tally.moved(connection, "running", "cancelled")

    sys.modules["storage.queue.accuse"]._accuse = lose  # type: ignore[attr-defined]


def row_before_file() -> None:
    from storage.results.store import PictureFiles

    save = PictureFiles.save

    def later(self: PictureFiles, picture_id: str, png: bytes) -> str:
        timer = threading.Timer(0.3, save, (self, picture_id, png))
        timer.daemon = True
        timer.start()
        return f"pictures/{picture_id[-2:]}/{picture_id}.png"

    PictureFiles.save = later  # type: ignore[method-assign]


def hung_dispatcher() -> None:
    from storage.results.store import PictureFiles

    free_bytes = PictureFiles.free_bytes

    def hanging(self: PictureFiles) -> int:
        while threading.current_thread() is not threading.main_thread() and Path(os.environ["HANG_WHEN"]).exists():
            time.sleep(0.1)
        return free_bytes(self)

    PictureFiles.free_bytes = hanging  # type: ignore[method-assign]


def judged_outside() -> None:
    from daemon.service.quotas import Quotas
    from daemon.service.service import Service
    from storage.database import Connection
    from storage.queue.enqueue import need_of
    from storage.quotas.admission import Admission
    from storage.quotas.terms import UNLIMITED

    commit, terms = Service._commit, Quotas.terms
    Quotas.terms = lambda *_: UNLIMITED  # type: ignore[method-assign,assignment]

    async def later(self: Service, prepared: Any, progress: Any) -> Any:
        def judged(connection: Connection) -> Any:
            (new,) = prepared
            its = terms(self.quotas, new.owner, new.groups, new.request)
            need = need_of(new.request, new.owner, new.groups, its)
            return Admission(connection, self.quotas.periods(self._clock())).refusal(need, its)

        refusal = await self._database.read(judged)
        return [refusal] if refusal is not None else await commit(self, prepared, progress)

    Service._commit = later  # type: ignore[method-assign]


def usurper() -> None:
    from config.clock import now_ms
    from storage import queue
    from storage.database import Database

    real = Database.open.__func__  # type: ignore[attr-defined]

    def usurp(database: Database) -> None:
        while True:
            time.sleep(random.uniform(0.1, 0.7))
            database.write_sync(lambda connection: queue.recover(connection, now=now_ms(), max_attempts=50))

    def opened(cls: type[Database], path: Path, **options: Any) -> Database:
        database: Database = real(cls, path, **options)
        threading.Thread(target=usurp, args=(database,), daemon=True).start()
        return database

    Database.open = classmethod(opened)  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    for name in filter(None, os.environ["BROKEN"].split(",")):
        globals()[name]()
    from daemon.cli.main import main

    sys.exit(main())
