"""What delivering needs of the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from daemon.service import Expected, Job, Picture, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where the result of a job is to be told, and how far that is."""

    id: str
    source: str
    guild: str | None
    channel: str
    user: str
    interaction: str | None = None
    token: str | None = None
    expires_at: int | None = None
    ephemeral: bool = False
    job_id: str | None = None
    state: str = "open"
    route: str | None = None
    why: str | None = None
    created_at: int = 0


class PostMessage(Protocol):
    """A message of a post."""

    @property
    def message_id(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def part(self) -> int: ...


class Posts(Protocol):
    """The record of what was told where."""

    async def open(self, post: Post) -> object: ...
    async def get(self, post_id: str) -> Post | None: ...
    async def of_job(self, job_id: str) -> Post | None: ...
    async def message(
        self, post_id: str, message_id: str, kind: str, part: int = 0, *, channel: str | None = None
    ) -> object: ...
    async def messages(self, post_id: str) -> Sequence[PostMessage]: ...
    async def told(self, post_id: str, state: str, route: str | None = None, why: str | None = None) -> object: ...
    async def open_ones(self, limit: int) -> Sequence[Post]: ...
    async def drop_token(self, post_id: str) -> object: ...


class Door(Protocol):
    """The service, as far as delivering goes."""

    @property
    def posts(self) -> Posts: ...
    async def job(self, job_id: str) -> Job: ...
    async def picture(self, picture_id: str) -> Picture: ...
    async def picture_bytes(self, picture_id: str) -> bytes: ...
    async def expected(self, jobs: Sequence[Job]) -> dict[str, Expected]: ...
    def watch(self, job_id: str | None = None) -> Subscription: ...


def newest_living(messages: Sequence[PostMessage]) -> PostMessage | None:
    """The message that shows the job now: of several the last one that was sent."""
    living = [each for each in messages if each.kind == "living"]
    return max(living, key=lambda each: int(each.message_id), default=None)
