"""Order files and how far they have been carried out, for the front end that reads them."""

from __future__ import annotations

from config.clock import Clock
from storage import orders, queue
from storage.database import Database
from storage.orders import Order


class Orders:
    """The verbs of :mod:`storage.orders`, each one committed transaction or one read."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(
        self, folder: str, name: str, inode: int, size: int, mtime_ns: int, claimed_path: str | None = None
    ) -> Order:
        """A file was claimed; committed before it is moved."""
        now = self._clock()
        return await self._database.write(
            lambda c: orders.begin(c, folder, name, inode, size, mtime_ns, now, claimed_path=claimed_path)
        )

    async def describe(
        self, order_id: str, fingerprint: str | None, lines_total: int | None, *, remembered: bool = True
    ) -> None:
        """Content and settings hash, how many lines it has, and whether its folder wants to know the content again."""
        await self._database.write(
            lambda c: orders.describe(c, order_id, fingerprint, lines_total, remembered=remembered)
        )

    async def advance(self, order_id: str, next_line: int) -> None:
        """Move the cursor alone (with jobs: ``Service.submit_many``)."""
        await self._database.write(lambda c: orders.advance(c, order_id, next_line))

    async def end(self, order_id: str, state: str, error: str | None = None) -> None:
        """The order is over: ``ended`` or ``failed``."""
        now = self._clock()
        await self._database.write(lambda c: orders.end(c, order_id, state, error, now))

    async def open_orders(self, folder: str) -> list[Order]:
        """Orders of the folder that are not over."""
        return await self._database.read(lambda c: orders.open_orders(c, folder))

    async def seen(self, folder: str, name: str, inode: int, size: int, mtime_ns: int) -> Order | None:
        """The newest order that this very file was, in whatever state (for folders we can't take files out of)."""
        return await self._database.read(lambda c: orders.seen(c, folder, name, inode, size, mtime_ns))

    async def outstanding(self, order_id: str) -> int:
        """Jobs of the order that have not ended or whose result is not delivered; 0 when the order may be ended."""
        return await self._database.read(lambda c: orders.outstanding(c, order_id))

    async def over(self, folder: str) -> list[str]:
        """Orders of the folder that may be ended now."""
        return await self._database.read(lambda c: orders.over(c, folder))

    async def open_jobs(self, owner: str, folder: str) -> int:
        """Jobs of the owner that came from this folder and have not ended."""
        return await self._database.read(lambda c: queue.open_jobs(c, owner, folder))

    async def earlier(self, folder: str, fingerprint: str) -> Order | None:
        """The newest order of the same fingerprint that ended."""
        return await self._database.read(lambda c: orders.earlier(c, folder, fingerprint))

    async def line_states(self, order_id: str) -> list[tuple[int, str, str, str | None]]:
        """``(line, job id, state, error)`` of every line that became a job."""
        return await self._database.read(lambda c: orders.line_states(c, order_id))

    async def add_line_error(self, order_id: str, line: int, message: str) -> None:
        """A line never became a job, and why."""
        await self._database.write(lambda c: orders.add_line_error(c, order_id, line, message))

    async def line_errors(self, order_id: str) -> list[tuple[int, str]]:
        """``(line, message)`` of the lines that never became jobs."""
        return await self._database.read(lambda c: orders.line_errors(c, order_id))
