"""One watched folder: look, take, feed, end; over and over, in one task, so that nothing races with itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import structlog

from config.clock import Clock
from config.errors import UserError
from config.folders import Places, owner
from config.settings import FolderSettings
from daemon.service import Order, Service
from frontends.files import paths
from frontends.watch_folder import claiming, endings, feeding, taking
from frontends.watch_folder.attempts import Attempts
from frontends.watch_folder.delivering import Deliverer
from frontends.watch_folder.looking.hints import Hints
from frontends.watch_folder.looking.lookout import Lookout
from frontends.watch_folder.looking.scan import Signature
from frontends.watch_folder.orders import kinds
from frontends.watch_folder.orders.pairing import Drop
from frontends.watch_folder.problems import Problem

log = structlog.get_logger(__name__)

END_CHECK_MS = 250
"""A delivery is marked as done a moment after it was made."""
END_CHECKS = 8
AT_ONCE = 8
MAX_HANDLED = 50_000
MAX_FAILED = 1_000
UNSETTLED = "it did not settle, or what belongs to it is missing"
READ_ONLY = Problem(
    "the folder is read-only: files stay where they are, and each is drawn once",
    "nothing needs to be done; once the daemon's user may write there, files move to done/ and failed/ again",
)
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
        self._unreadable: Problem | None = None
        self._read_only = False
        self.done = 0
        """Orders that were carried out completely since the start."""
        self.failed: list[str] = []
        """The files of those that were not."""
        self._ready: set[str] = set()
        """What could be taken at the last look and waits for room."""
        self.looking_seconds = 0.0
        """What the last pass spent on looking alone."""
        self._taken = 0
        self._full = False
        self._progress_at, self._progress_round = clock(), 0
        self._names: dict[str, str] = {}
        """The file of every order that is open."""
        self._scan_due = 0
        self._full_due = 0
        self._waiting = 0
        self._open = 0
        self._next = 0

    # --- what others see and say

    def delivered(self, order_id: str) -> None:
        """Something of an order was delivered: it may be over, and there may be room for more."""
        self._checks[order_id] = END_CHECKS
        self._progressed()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong at the moment, without user text, and what heals it."""
        unreadable = (self._unreadable,) if self._unreadable else ()
        read_only = (READ_ONLY,) if self._read_only and not unreadable else ()
        return (*unreadable, *read_only, *self._lookout.problems, *self._attempts.problems)

    def status(self) -> str:
        """What the folder does now."""
        name = f"{self.settings.name} ({self._lookout.reach.said(self.settings.poll_seconds)})"
        if self.problems:
            return f"{name} degraded: {self.problems[0].why}"
        return f"{name}: {self._open} orders open, {self._waiting} files waiting"

    @property
    def idle_ms(self) -> int:
        """For how long nothing was taken, delivered or brought to its end."""
        return self._clock() - self._progress_at

    @property
    def patience_ms(self) -> int:
        """Who was idle for so long waits for what will not come."""
        return 2 * self._lookout.patience_ms

    def left(self) -> dict[str, str] | None:
        """The files that could not be taken although they had their time, with the reason; None: more is to come."""
        now, patience, held = self._clock(), self._lookout.patience_ms, self._attempts.held
        idle, window = self.idle_ms >= self.patience_ms, self._lookout.window
        if self._ready or not (self._names.keys() <= held.keys() and (idle or not self._open)):
            return None
        stuck = {paths.shown(name): held[order] for order, name in self._names.items()}
        if self._unreadable is not None:
            return {**stuck, paths.shown(str(self.places.path)): self._unreadable.why}
        files, late = self._lookout.unsettled(now, 0), self._lookout.unsettled(now, patience)
        if window.beyond:  # the first round began somewhere in the middle
            if not idle or window.rounds < self._progress_round + 2:
                return None
            stuck[""], late = f"{window.beyond} more files had their turn and could not be taken", files
        if len(late) < len(files) and not idle:
            return None
        return {**{paths.shown(name): held.get(name, UNSETTLED) for name in late}, **stuck}

    # --- one pass

    async def look(self, *, hinted: bool = True) -> int:
        """One pass; returns the time (ms) at which the next is due, unless something happens before.

        When nothing ``hinted`` at a change and it is not time for more, only what can't be hinted at is looked at.
        """
        now = self._clock()
        self.looking_seconds = 0.0
        taken = self._taken
        self._next = now + self._lookout.period_ms
        periodic = now >= self._scan_due
        polled_only = not (hinted or periodic or now >= self._full_due)
        half_taken = [order for order in await self._orders() if order.lines_total is None]
        await self._finish_claims(half_taken, now)
        room = await self._room()
        if polled_only:
            self._look_again(self._full_due)
        reachable = self._lookout.reach.polled or not polled_only
        if reachable and (room or periodic or self._lookout.files <= QUICK_FILES):
            await self._take(await self._scan(now, polled_only), room, now, polled_only)
        if periodic:
            self._scan_due = now + self._lookout.period_ms
        self._look_again(self._scan_due)
        more = self._ready or (self._lookout.window.beyond and self._taken > taken)
        if await self._feed(room, now) and more:
            self._look_again(now)
        await self._end(now, everything=periodic)
        self._look_again(self._attempts.next(now))
        self._full_due = self._next
        if self._lookout.reach.polled:
            self._look_again(now + self._poll_ms)
            self._look_again(self._lookout.polled_due)
        return self._next

    @property
    def _poll_ms(self) -> int:
        return int(self.settings.poll_seconds * 1000)

    def _look_again(self, at: int | None) -> None:
        self._next = self._next if at is None else min(self._next, at)

    async def _orders(self) -> list[Order]:
        orders = await self._service.orders.open_orders(self.settings.name)
        self._open = len(orders)
        self._names = {order.id: feeding.source_name(order) for order in orders}
        return orders

    async def _scan(self, now: int, polled_only: bool) -> list[Drop]:
        """What may be taken, oldest first."""
        began = time.monotonic()
        try:
            drops = await asyncio.to_thread(self._look_around, now, polled_only)
        except OSError as error:
            self._unreadable = Problem.of(error, "the folder can't be read")
            self._look_again(now + self._poll_ms)
            return []
        finally:
            self.looking_seconds = time.monotonic() - began
        if not polled_only:
            self._unreadable = None
        self._look_again(self._lookout.due)
        ours = {
            feeding.source_name(order)
            for order in await self._orders()
            if order.lines_total is None or order.claimed_path == taking.IN_PLACE
        }
        if not (polled_only or self._lookout.window.beyond):
            there = {*self._lookout.unsettled(now, 0), *self._names}
            self._attempts.forget(lambda key: key not in there)
        return [drop for drop in drops if drop.main.name not in ours and not self._is_held(drop.main.name, now)]

    def _look_around(self, now: int, polled_only: bool) -> list[Drop]:
        """In a thread: each question to a share may take its time."""
        drops = self._lookout.look(now, polled_only=polled_only)
        self._read_only = not claiming.is_writable(self.places.path)
        return drops

    def _is_held(self, name: str, now: int) -> bool:
        held = self._attempts.holds(name, now)
        if held:
            self._lookout.window.set_aside(name)
        return held

    async def _is_handled(self, drop: Drop) -> bool:
        """True for a file that stayed where it is because the folder was (or is) read-only when its order began."""
        main = drop.main
        if (main.name, main.signature) in self._handled:
            return True
        row = paths.to_row(main.name)
        order = await self._service.orders.seen(self.settings.name, row, main.inode, main.size, main.mtime_ns)
        if order is None or (order.claimed_path != taking.IN_PLACE and not self._read_only):
            return False
        if len(self._handled) >= MAX_HANDLED:
            self._handled.clear()  # the rows still know
        self._handled.add((main.name, main.signature))
        return True

    async def _room(self) -> int:
        """How many more jobs the folder may have open. Once it was full it is refilled by quarters, not job by job."""
        most = self.settings.max_open_jobs
        waiting = self._service.quotas.max_queued(owner(self.settings), [f"folder:{self.settings.name}"])
        if waiting is not None:
            most = min(most, waiting)
        room = most - await self._service.orders.open_jobs(owner(self.settings), self.settings.name)
        self._full = room <= 0 or (self._full and room < most // 4)
        return 0 if self._full else room

    async def _take(self, drops: list[Drop], room: int, now: int, polled_only: bool) -> None:
        """Claim as many as there is room for; the others wait where they are."""
        unread = sum(_has_lines_left(order) for order in await self._orders())
        most = max(0, min(room, self.settings.max_open_jobs - unread))
        chosen: list[Drop] = []
        later: list[Drop] = []
        for drop in drops:
            if len(chosen) >= most and not self._read_only:
                later.append(drop)
            elif await self._is_handled(drop):
                self._lookout.window.set_aside(drop.main.name)
            else:
                (chosen if len(chosen) < most else later).append(drop)
        for group in _groups(chosen, lambda drop: drop.main.name):
            await asyncio.gather(*(self._take_one(drop, now) for drop in group))
        elsewhere = {name for name in self._ready if polled_only and not self._lookout.reach.is_polled(name)}
        self._ready = elsewhere | {drop.main.name for drop in later}
        self._waiting = len(self._ready) + self._lookout.window.beyond

    async def _take_one(self, drop: Drop, now: int) -> None:
        action = taking.take(self._service, self._deliverer, self.settings, self.places.path, drop)
        taken = await self._attempts.attempt(drop.main.name, now, action)
        if taken:
            self._progressed()
            self._taken += 1
        elif taken is False:
            for name in (drop.main.name, *drop.sidecars):
                self._lookout.start_over(name, now)
            self._look_again(now + int(self.settings.settle_seconds * 1000))

    async def _finish_claims(self, orders: list[Order], now: int) -> None:
        for order in orders:
            if not self._attempts.holds(order.id, now):
                self._attempts.forget(feeding.source_name(order).__eq__)  # it is tried as an order from now on
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
        over = set(await self._service.orders.over(self.settings.name)) if everything else set()
        due = [
            order
            for order in orders
            if _is_submitted(order)
            and not self._attempts.holds(order.id, now)
            and (order.id in over or order.id in self._checks or order.lines_total == 0)
        ]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._end_if_over(order, now) for order in due[start : start + AT_ONCE]))

    async def _end_if_over(self, order: Order, now: int) -> None:
        ended = await self._attempts.attempt(order.id, now, self._end_one(order))
        if ended:
            self._checks.pop(order.id, None)
            self._open -= 1
            self._names.pop(order.id, None)
            self._progressed()
        elif ended is None:
            self._checks[order.id] = 1  # it is over, and is put away once it is not held back any more
        else:
            self._check_later(order, now)

    async def _end_one(self, order: Order) -> bool:
        if await self._service.orders.outstanding(order.id):
            return False
        source = await asyncio.to_thread(claiming.find, self.places.path, taking.claim_of(order))
        moved = await endings.finish(self._service, self.places, order, source, self._date(), self._deliverer.naming)
        if moved:
            self.done += 1
        elif len(self.failed) < MAX_FAILED:
            self.failed.append(paths.shown(feeding.source_name(order)))
        log.info("order_ended", folder=self.settings.name, order=order.id)
        return True

    def _progressed(self) -> None:
        self._progress_at, self._progress_round = self._clock(), self._lookout.window.rounds

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
