"""Where the files of a watched folder lie: what the operator set, else a place in the state directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from config.settings import FolderSettings


@dataclass(frozen=True)
class Places:
    """The directories of one watched folder, absolute. The first may lie inside none of the others, nor they in it."""

    path: Path
    outbox: Path
    done: Path
    failed: Path

    def nested(self) -> tuple[str, Path] | None:
        """The first place that lies inside the watched folder or holds it, with its setting's name, or None."""
        watched = self.path.resolve()
        for key in ("outbox", "done", "failed"):
            place: Path = getattr(self, key)
            other = place.resolve()
            if other.is_relative_to(watched) or watched.is_relative_to(other):
                return key, place
        return None


def places(state_dir: Path, folder: FolderSettings) -> Places:
    """The folder ``inbox`` owns the plain directories of the state directory; any other has its own below them."""
    below = "" if folder.name == "inbox" else folder.name
    return Places(
        path=(folder.path or state_dir / folder.name).expanduser().absolute(),
        outbox=(folder.outbox or state_dir / "outbox" / below).expanduser().absolute(),
        done=(folder.done or state_dir / "done" / below).expanduser().absolute(),
        failed=(folder.failed or state_dir / "failed" / below).expanduser().absolute(),
    )


def owner(folder: FolderSettings) -> str:
    """Whose jobs the orders of this folder are."""
    return folder.owner or f"folder:{folder.name}"
