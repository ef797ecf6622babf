"""What is known of a job whose message is kept up to date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PREVIEW_EVERY = 3
"""An edit of so many carries a new preview: it is an upload each time."""
LONGEST_REST_SECONDS = 60.0


@dataclass
class Followed:
    """One job. Moments are of the loop's clock."""

    job: str
    heard: bool = True
    """Something happened that its message does not show yet."""
    step: int = 0
    steps: int = 0
    preview: bytes | None = None
    """The newest one that no edit has carried."""
    shows_preview: bool = False
    look: list[dict[str, Any]] | None = None
    """The last one that was sent."""
    edits: int = 0
    since_preview: int = PREVIEW_EVERY
    next_at: float = 0.0
    refusals: int = 0
    token_gone: bool = False
    busy: bool = False

    def is_due(self, now: float) -> bool:
        """Whether it may be edited, and there is a reason to look."""
        return self.heard and not self.busy and now >= self.next_at

    def carries_preview(self) -> bytes | None:
        """The preview for the edit that is about to be made, if it is time for one."""
        return self.preview if self.since_preview >= PREVIEW_EVERY else None

    def edited(self, look: list[dict[str, Any]], preview: bytes | None, next_at: float) -> None:
        """It shows this now."""
        self.look, self.next_at, self.refusals = look, next_at, 0
        self.edits += 1
        self.since_preview += 1
        if preview is not None:
            self.shows_preview, self.since_preview = True, 0
            if self.preview is preview:
                self.preview = None

    def rest(self, now: float, least: float) -> None:
        """It could not be edited: again later, ever more seldom."""
        self.refusals += 1
        self.heard = True
        self.next_at = now + max(least, min(LONGEST_REST_SECONDS, 2.0**self.refusals))
