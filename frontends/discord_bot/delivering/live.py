"""
The message that shows how far a job is: its place in the queue, then the drawing with a preview.

Nothing depends on it. Edits are seldom, the newest state wins, and what comes too late is dropped; the result is
brought by the deliverer, which holds the same lock.
"""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import structlog

from config.clock import Clock
from config.errors import MezzotintError
from config.settings import Settings
from daemon.service import TERMINAL, Event, Job, JobChanged, JobProgress, Missed, Post, PostMessage
from frontends.discord_bot.delivering.door import Door, newest_living
from frontends.discord_bot.delivering.followed import Followed
from frontends.discord_bot.delivering.live_edits import LiveEdits
from frontends.discord_bot.delivering.locks import Locks
from frontends.discord_bot.delivering.outlook import Outlook
from frontends.discord_bot.delivering.verdict import FAILURES, Verdict, judge
from frontends.discord_bot.delivering.ways import Ways
from frontends.discord_bot.words import Catalogue

MOST = 500
"""Jobs that are followed at a time; the results of others come all the same."""
AT_ONCE = 8
OLDEST_MS = 55 * 60_000
"""From an hour on a message may be edited seldom, and the edit that is left is for the result."""
OUTLOOK_SECONDS = 10.0
"""Between two looks at who waits how long."""
LOOK_SECONDS = 0.2
REQUEST_SECONDS = 20.0

log = structlog.get_logger(__name__)


class Live:
    """Keeps the messages of jobs that have not ended up to date."""

    def __init__(
        self,
        client: discord.Client,
        service: Door,
        settings: Settings,
        catalogue: Catalogue,
        clock: Clock,
        *,
        most: int = MOST,
    ) -> None:
        self.locks = Locks()
        """Held by whoever changes a message of a job."""
        self._service = service
        self._clock = clock
        self._edit_seconds = settings.discord.edit_seconds
        self._most = most
        self._ways = Ways(client)
        self._edits = LiveEdits(self._ways, service.posts, clock)
        self._followed: dict[str, Followed] = {}
        self._outlook = Outlook(service, catalogue, clock)
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, job: str, post: str) -> None:
        """Show a new job in its post for the first time, and follow it. Never raises."""
        self.follow(job)
        followed = self._followed.get(job) or Followed(job)
        if not followed.busy:
            followed.busy, followed.heard = True, False
            await self._edit(followed)

    def follow(self, job: str) -> None:
        """Keep the message of this job up to date from now on; it has a post already."""
        if job not in self._followed and len(self._followed) < self._most:
            self._followed[job] = Followed(job)

    @property
    def followed(self) -> int:
        """How many jobs are followed now."""
        return len(self._followed)

    async def run(self) -> None:
        """Until cancelled. Posts that are open from before are taken up again."""
        looking = asyncio.create_task(self._look_often())
        try:
            with self._service.watch() as events:
                await self._take_up()
                async for event in events:
                    self._hear(event)
        finally:
            for task in (looking, *self._tasks):
                task.cancel()
            await asyncio.gather(looking, *self._tasks, return_exceptions=True)

    async def _take_up(self) -> None:
        try:
            for post in await self._service.posts.open_ones(self._most):
                if post.job_id is not None:
                    self.follow(post.job_id)
        except MezzotintError as error:
            log.warning("open_posts_unread", why=error.message)

    # --- what happens

    def _hear(self, event: Event) -> None:
        if isinstance(event, JobProgress):
            self._progress(event)
        elif isinstance(event, JobChanged):
            self._outlook.moved = True
            if event.state in TERMINAL:
                self._followed.pop(event.job_id, None)
            elif event.job_id in self._followed:
                self._followed[event.job_id].heard = True
            elif event.owner is not None and event.owner.startswith("discord:"):
                self.follow(event.job_id)
        elif isinstance(event, Missed):
            self._outlook.moved = True
            for each in self._followed.values():  # an edit reads the job anew
                each.heard = True

    def _progress(self, event: JobProgress) -> None:
        followed = self._followed.get(event.job_id)
        if followed is None:
            return
        followed.step, followed.steps, followed.heard = event.step, event.steps, True
        followed.preview = event.preview_png or followed.preview

    # --- edits

    async def _look_often(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look_ahead()
                self._start_due()
            except Exception as error:  # boundary: nothing here is worth the bot
                log.error("live_broke", exc_info=error)

    def _start_due(self) -> None:
        now, free = _now(), AT_ONCE - len(self._tasks)
        due = sorted((each for each in self._followed.values() if each.is_due(now)), key=lambda each: each.next_at)
        for followed in due[: max(0, free)]:
            followed.busy, followed.heard = True, False
            task = asyncio.create_task(self._edit(followed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look_ahead(self) -> None:
        """Every now and then, if anything moved: when those who wait will have their pictures."""
        if not self._followed or not self._outlook.is_due(_now()):
            return
        self._outlook.begin(_now() + OUTLOOK_SECONDS)
        jobs = [job for each in list(self._followed) if (job := await self._job(each)) is not None]
        await self._outlook.look([job for job in jobs if job.state not in TERMINAL])
        for each in self._followed.values():
            each.heard = True

    async def _job(self, job: str) -> Job | None:
        try:
            return await self._service.job(job)
        except MezzotintError:
            return None

    async def _edit(self, followed: Followed) -> None:
        try:
            async with self.locks.of(followed.job), asyncio.timeout(REQUEST_SECONDS):
                if not await self._show(followed):
                    self._followed.pop(followed.job, None)
        except TimeoutError:
            self._ways.go_on()
            followed.rest(_now(), self._edit_seconds)
        except Exception as error:  # boundary: nothing here is worth the bot
            followed.rest(_now(), self._edit_seconds)
            log.error("live_broke", job=followed.job, exc_info=error)
        finally:
            followed.busy = False

    async def _show(self, followed: Followed) -> bool:
        """Bring its message up to date; False when that is not to be done any more."""
        job = await self._job(followed.job)
        post = await self._service.posts.of_job(followed.job)
        if job is None or job.state in TERMINAL or post is None or post.state == "gone":
            return False
        if post.state != "open":  # it ended before, and somebody has it tried again
            await self._service.posts.told(post.id, "open")
        living = newest_living(await self._service.posts.messages(post.id))
        if self._clock() - _made_at(post, living) > OLDEST_MS:
            return False
        preview = followed.carries_preview() if job.state == "running" else None
        view = self._outlook.view(followed, job, with_preview=preview is not None or followed.shows_preview)
        look: list[dict[str, Any]] = view.to_components()  # type: ignore[no-untyped-call]
        if look == followed.look and preview is None:
            return True
        try:
            if not await self._edits.send(followed, post, living, view, preview):
                return False
        except FAILURES as error:
            return self._refused(followed, judge(error))
        followed.edited(look, preview, _now() + self._edit_seconds)
        return True

    def _refused(self, followed: Followed, verdict: Verdict) -> bool:
        if verdict.meaning == "elsewhere":
            return False
        if verdict.meaning == "smaller":
            followed.preview = None
        followed.rest(_now(), max(self._edit_seconds, verdict.seconds or 0.0))
        return True


def _made_at(post: Post, living: PostMessage | None) -> float:
    if living is None:
        return post.created_at
    return discord.utils.snowflake_time(int(living.message_id)).timestamp() * 1000


def _now() -> float:
    return asyncio.get_running_loop().time()
