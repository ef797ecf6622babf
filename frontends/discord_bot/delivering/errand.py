"""One delivery on its way, and the ways that were found closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from daemon.service import Post


class ClosedError(Exception):
    """This way is closed for good; ``code`` is Discord's."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code


@dataclass
class Errand:
    """One delivery on its way."""

    delivery: str
    """Its id."""
    began: int
    """When the delivery was made: nothing of it was sent before."""
    post: Post
    public: bool
    """Whether it may be shown to others than the one who asked."""
    ping: bool
    living: str | None
    """The message that shows the job."""
    living_channel: str
    direct_line: Callable[[int], str]
    """What a direct message says of why it comes that way, by the code of what closed the way before."""
    known: set[str] = field(default_factory=set)
    """Our messages that are not the one that a search is for."""
    direct: bool = False
    """The first message went directly to who asked, so the others do."""
    closed: list[ClosedError] = field(default_factory=list)

    @property
    def code(self) -> int:
        """Of what closed the last way that was tried."""
        return self.closed[-1].code if self.closed else 0
