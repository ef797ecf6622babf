"""One watched folder: look, take, feed, end; over and over, in one task, so that nothing races with itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import structlog

from config.clock import Clock
from config.errors import UserError
from config.folders import Places
from config.settings import FolderSettings
from daemon.service import Order, Service
from frontends.watch_folder import claiming, endings, feeding, paths, taking
from frontends.watch_folder.attempts import Attempts
from frontends.watch_folder.delivering import Deliverer
from frontends.watch_folder.looking.hints import Hints
from frontends.watch_folder.looking.lookout import Lookout
from frontends.watch_folder.looking.scan import Signature
from frontends.watch_folder.orders import kinds
from frontends.watch_folder.orders.pairing import Drop

log = structlog.get_logger()

END_CHECK_MS = 250
"""A delivery is marked as done a moment after it was made."""
END_CHECKS = 8
AT_ONCE = 8
QUICK_FILES = 1_000
"""A folder with more files than this is looked through only periodically while it has no room for them."""


class Folder:
    """The passes over one folder. Holds no truth: rows, ``.processing/`` and the folder itself say where to go on."""

    def __init__(
        self,
        settings: FolderSettings,
        places: Places,
        service: Service,
        deliverer: Deliverer,
        clock: Clock,
        hints: Hints | None = None,
        *,
        date: Clock | None = None,
    ) -> None:
        """``clock`` measures spans and must not be set; ``date`` names the directory of what is done."""
        self.settings = settings
        self.places = places
        self._service = service
        self._deliverer = deliverer
        self._clock = clock
        self._date = date or clock
        self._lookout = Lookout(settings, places.path, hints)
        self._attempts = Attempts(settings.name)
        self._checks: dict[str, int] = {}
        """Orders that may be over, and how many more times to see whether they are."""
        self._handled: set[tuple[str, Signature]] = set()
        self._unreadable: str | None = None
        self._scan_due = 0
        self._waiting = 0
        self._open = 0
        self._next = 0

    # --- what others see and say

    def delivered(self, order_id: str) -> None:
        """Something of an order was delivered: it may be over, and there may be room for more."""
        self._checks[order_id] = END_CHECKS

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong at the moment, without user text; heals by itself."""
        unreadable = (self._unreadable,) if self._unreadable else ()
        return (*unreadable, *self._lookout.problems, *self._attempts.problems)

    def status(self) -> str:
        """What the folder does now."""
        if self.problems:
            return f"{self.settings.name} degraded: {self.problems[0]}"
        return f"{self.settings.name}: {self._open} orders open, {self._waiting} files waiting"

    # --- one pass

    async def look(self) -> int:
        """One pass; returns the time (ms) at which the next is due, unless something happens before."""
        now = self._clock()
        self._next = now + int(self.settings.scan_seconds * 1000)
        periodic = now >= self._scan_due
        if periodic:
            self._scan_due = self._next
        half_taken = [order for order in await self._orders() if order.lines_total is None]
        await self._finish_claims(half_taken, now)
        room = await self._room()
        if room or periodic or self._lookout.files <= QUICK_FILES:
            await self._take(await self._scan(now), room, now)
        if await self._feed(room, now) and self._waiting:
            self._look_again(now)
        await self._end(now, everything=periodic)
        self._look_again(self._attempts.next(now))
        return self._next

    def _look_again(self, at: int | None) -> None:
        self._next = self._next if at is None else min(self._next, at)

    async def _orders(self) -> list[Order]:
        orders = await self._service.orders.open_orders(self.settings.name)
        self._open = len(orders)
        return orders

    async def _scan(self, now: int) -> list[Drop]:
        """What may be taken, oldest first."""
        try:
            drops = await asyncio.to_thread(self._lookout.look, now)
        except OSError as error:
            self._unreadable = f"the folder can't be read ({error.strerror})"
            return []
        self._unreadable = None
        self._look_again(self._lookout.due)
        ours = {
            feeding.source_name(order)
            for order in await self._orders()
            if order.lines_total is None or order.claimed_path == taking.IN_PLACE
        }
        free = [drop for drop in drops if drop.main.name not in ours and not self._attempts.holds(drop.main.name, now)]
        return free if claiming.is_writable(self.places.path) else await self._unseen(free)

    async def _unseen(self, drops: list[Drop]) -> list[Drop]:
        """In a read-only folder files stay where they are: what a row says was handled is left alone."""
        fresh = []
        for drop in drops:
            main, name = drop.main, paths.to_row(drop.main.name)
            if (main.name, main.signature) in self._handled:
                continue
            if await self._service.orders.seen(self.settings.name, name, main.inode, main.size, main.mtime_ns) is None:
                fresh.append(drop)
            else:
                self._handled.add((main.name, main.signature))
        return fresh

    async def _room(self) -> int:
        """How many more jobs the folder may have open. Refilled by quarters, not job by job."""
        most = self.settings.max_open_jobs
        room = most - await self._service.orders.open_jobs(feeding.owner_of(self.settings))
        return room if room >= max(1, most // 4) else 0

    async def _take(self, drops: list[Drop], room: int, now: int) -> None:
        """Claim as many as there is room for; the others wait where they are."""
        unread = sum(_has_lines_left(order) for order in await self._orders())
        most = max(0, min(room, self.settings.max_open_jobs - unread))
        for group in _groups(drops[:most], lambda drop: drop.main.name):
            await asyncio.gather(*(self._take_one(drop, now) for drop in group))
        self._waiting = max(0, len(drops) - most)

    async def _take_one(self, drop: Drop, now: int) -> None:
        action = taking.take(self._service, self._deliverer, self.settings, self.places.path, drop)
        if await self._attempts.attempt(drop.main.name, now, action) is False:
            self._lookout.start_over(drop.main.name, now)
            self._look_again(now + int(self.settings.settle_seconds * 1000))

    async def _finish_claims(self, orders: list[Order], now: int) -> None:
        for order in orders:
            if not self._attempts.holds(order.id, now):
                action = taking.finish(self._service, self._deliverer, self.settings, self.places.path, order)
                await self._attempts.attempt(order.id, now, action)

    async def _feed(self, room: int, now: int) -> int:
        """Every order gets an even share of the room, so that a long list does not hold up the short ones.

        Returns the room that is left: what was refused took none.
        """
        orders = [order for order in await self._orders() if _has_lines_left(order)]
        orders = [order for order in orders if not self._attempts.holds(order.id, now)]
        left = len(orders)
        for group in _groups(orders, feeding.source_name):
            share = max(1, room // left)
            left -= len(group)
            fed = (
                self._attempts.attempt(order.id, now, self._feed_one(order, share)) for order in group[: max(0, room)]
            )
            room -= sum(jobs or 0 for jobs in await asyncio.gather(*fed))
        if room > 0 and orders and any(_has_lines_left(order) for order in await self._orders()):
            self._look_again(now)
        return room

    async def _feed_one(self, order: Order, share: int) -> int:
        source = await asyncio.to_thread(claiming.find, self.places.path, taking.claim_of(order))
        try:
            if source is None:
                raise UserError("the file was taken away before all of it was read")
            return await feeding.feed(self._service, self.settings, order, source, share)
        except UserError as error:
            await endings.refuse(self._service, order, feeding.in_words(error))
            return 0
        finally:
            self._checks.setdefault(order.id, 1)  # perhaps every line was refused

    async def _end(self, now: int, *, everything: bool) -> None:
        orders = await self._orders()
        self._checks = {order.id: self._checks[order.id] for order in orders if order.id in self._checks}
        due = [
            order
            for order in orders
            if _is_submitted(order)
            and not self._attempts.holds(order.id, now)
            and (everything or order.id in self._checks or order.lines_total == 0)
        ]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._end_if_over(order, now) for order in due[start : start + AT_ONCE]))

    async def _end_if_over(self, order: Order, now: int) -> None:
        if await self._attempts.attempt(order.id, now, self._end_one(order)):
            self._checks.pop(order.id, None)
            self._open -= 1
        else:
            self._check_later(order, now)

    async def _end_one(self, order: Order) -> bool:
        if await self._service.orders.outstanding(order.id):
            return False
        source = await asyncio.to_thread(claiming.find, self.places.path, taking.claim_of(order))
        await endings.finish(self._service, self.places, order, source, self._date(), self._deliverer.naming)
        log.info("order_ended", folder=self.settings.name, order=order.id)
        return True

    def _check_later(self, order: Order, now: int) -> None:
        left = self._checks.pop(order.id, 1) - 1
        if left:
            self._checks[order.id] = left
            self._look_again(now + END_CHECK_MS)


T = TypeVar("T")


def _groups(items: Sequence[T], name_of: Callable[[T], str]) -> Iterator[list[T]]:
    """What may be done at once, in order: together they share the commits. Pictures are large, so each goes alone."""
    group: list[T] = []
    for item in items:
        alone = kinds.is_image(name_of(item))
        if group and (alone or len(group) == AT_ONCE or kinds.is_image(name_of(group[-1]))):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _is_submitted(order: Order) -> bool:
    return order.lines_total is not None and order.next_line > order.lines_total


def _has_lines_left(order: Order) -> bool:
    return order.lines_total is not None and order.next_line <= order.lines_total
