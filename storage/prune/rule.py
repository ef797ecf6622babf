"""What may go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Ended jobs that match all that is given."""

    states: tuple[str, ...] = ("cancelled", "dead", "done", "failed")
    owner: str | None = None
    """Of this owner; with a star at its end, of every owner that begins so."""
    origin: str | None = None
    """That came from this source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Which):
    """Those of them that nothing keeps."""

    ended_before: int | None = None
    """Moment (UTC epoch milliseconds); what ended later is kept."""
    keep: int = 0
    """So many of the newest that match are kept, however old they are."""
    keep_bytes: int | None = None
    """The newest are kept whose pictures together take no more, however old they are."""
    but: tuple[Which, ...] = ()
    """Not those, of which other rules tell."""


@dataclass(slots=True)
class Gone:
    """What was removed, or would be. ``oldest`` and ``newest`` are moments at which jobs were accepted."""

    jobs: int = 0
    pictures: int = 0
    orders: int = 0
    bytes: int = 0
    oldest: int | None = None
    newest: int | None = None

    def add(self, other: Gone) -> None:
        """Count ``other`` in."""
        self.jobs += other.jobs
        self.pictures += other.pictures
        self.orders += other.orders
        self.bytes += other.bytes
        seen = [each for each in (self.oldest, self.newest, other.oldest, other.newest) if each is not None]
        self.oldest, self.newest = min(seen, default=None), max(seen, default=None)
