"""What is expected of the jobs that are followed, and how their messages look for that."""

from __future__ import annotations

from collections.abc import Sequence

from discord import ui

from config.clock import Clock
from daemon.service import Expected, Job
from frontends.discord_bot.delivering.door import Door
from frontends.discord_bot.delivering.followed import Followed
from frontends.discord_bot.delivering.live_edits import PREVIEW
from frontends.discord_bot.layouts import drawing as drawing_layout
from frontends.discord_bot.layouts import waiting as waiting_layout
from frontends.discord_bot.words import Catalogue


class Outlook:
    """Looked at every now and then, for all of them at once."""

    def __init__(self, service: Door, catalogue: Catalogue, clock: Clock) -> None:
        self.moved = True
        """Whether somebody's place in the queue may have changed."""
        self._service = service
        self._catalogue = catalogue
        self._clock = clock
        self._next_at = 0.0
        self._expected: dict[str, Expected] = {}
        self._expected_at = 0
        """When that was told: what is expected is counted from then on."""

    def is_due(self, now: float) -> bool:
        """Whether something has moved, and the last look was long enough ago."""
        return self.moved and now >= self._next_at

    def begin(self, next_at: float) -> None:
        """What moves from now on is for another look, not before ``next_at``."""
        self.moved, self._next_at = False, next_at
        self._expected_at = self._clock()

    async def look(self, jobs: Sequence[Job]) -> None:
        """When these will have their pictures."""
        self._expected = await self._service.expected(jobs)

    def view(self, followed: Followed, job: Job, *, with_preview: bool) -> ui.LayoutView:
        """Of a job that waits, or is drawn."""
        words = self._catalogue.words(job.origin.address.get("locale"))
        expected, now = self._expected.get(job.id), self._expected_at or self._clock()
        if job.state != "running":
            return waiting_layout.waiting(job, words, now_ms=now, expected=expected)
        return drawing_layout.drawing(
            job,
            words,
            now_ms=now,
            step=followed.step,
            steps=followed.steps,
            ends_s=expected.ends_s if expected else None,
            preview=f"attachment://{PREVIEW}" if with_preview else None,
            spoiler=bool(job.origin.address.get("spoiler")),
        )
