"""What came of the folders when they are carried out once and then no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from frontends.watch_folder.folder import Folder


@dataclass(frozen=True)
class Summary:
    """All folders together; files by ``folder/name``."""

    done: int = 0
    failed: tuple[str, ...] = ()
    """Files that went to ``failed/``."""
    left: dict[str, str] = field(default_factory=dict)
    """Files that could not be taken, with the reason."""

    @property
    def is_clean(self) -> bool:
        """True when nothing failed and nothing was left."""
        return not self.failed and not self.left

    @classmethod
    def of(cls, folders: Iterable[tuple[Folder, dict[str, str]]]) -> Summary:
        """What each folder brought to its end, and what it left."""
        done = 0
        failed: list[str] = []
        left: dict[str, str] = {}
        for folder, remaining in folders:
            name = folder.settings.name
            done += folder.done
            failed += [f"{name}/{each}" for each in folder.failed]
            left |= {f"{name}/{each}": why for each, why in remaining.items()}
        return cls(done, tuple(failed), left)
