"""Files that were sent: how they are named, described, kept and counted."""

from __future__ import annotations

import io
import mimetypes
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from PIL import Image
from support.fake_discord import refusals
from support.fake_discord.refusals import Form

MOST_FILES = 10
WHOLE_REQUEST = 25 << 20
"""Bytes of one request, at least; where a single file may be larger, the request may be as well."""
SPOILER = 1 << 3


@dataclass(frozen=True)
class Upload:
    """A file on its way: as a request carries it, or as a user adds it to a command."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Attachment:
    """A file that the API has taken."""

    id: int
    name: str
    content: bytes
    url: str
    description: str | None = None
    spoiler: bool = False
    ephemeral: bool = False

    @property
    def kind(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @cached_property
    def size(self) -> tuple[int, int] | None:
        """Width and height of a picture."""
        if not self.kind.startswith("image/"):
            return None
        try:
            with Image.open(io.BytesIO(self.content)) as picture:
                return picture.size
        except OSError:
            return None

    def payload(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": str(self.id),
            "filename": self.name,
            "size": len(self.content),
            "url": self.url,
            "proxy_url": self.url,
            "content_type": self.kind,
            "flags": SPOILER if self.spoiler else 0,
        }
        if self.size is not None:
            told["width"], told["height"] = self.size
        if self.description is not None:
            told["description"] = self.description
        if self.ephemeral:
            told["ephemeral"] = True
        return told

    def media(self) -> dict[str, Any]:
        """The same file as a component shows it."""
        width, height = self.size or (None, None)
        return {
            "url": self.url,
            "proxy_url": self.url,
            "width": width,
            "height": height,
            "content_type": self.kind,
            "attachment_id": str(self.id),
            "loading_state": 2,
            "placeholder": "",
        }


def safe_name(name: str) -> str:
    """The name that a file gets: letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name) or "unnamed"


def check_sizes(files: dict[int, Upload], file_limit: int) -> None:
    """Refuse files that are too large, one by one and together."""
    if any(len(each.content) > file_limit for each in files.values()):
        raise refusals.too_large()
    if sum(len(each.content) for each in files.values()) > max(WHOLE_REQUEST, file_limit):
        raise refusals.too_large()


def check_described(form: Form, described: Any, files: dict[int, Upload], kept: dict[int, Attachment]) -> None:
    """Refuse descriptions of files that are not there, or that are too long."""
    if described is None:
        return
    form.length("attachments", described, 0, MOST_FILES)
    for index, each in enumerate(described if isinstance(described, list) else []):
        where = f"attachments.{index}"
        if not isinstance(each, dict) or "id" not in each:
            form.required(f"{where}.id")
            continue
        form.length(f"{where}.description", each.get("description"), 0, 1024)
        form.length(f"{where}.filename", each.get("filename"), 0, 1024)
        if int(each["id"]) not in files and int(each["id"]) not in kept:
            form.wrong(f"{where}.id", "ATTACHMENT_NOT_FOUND", "Attachment data was not found")


def settle(
    described: list[dict[str, Any]] | None, taken: dict[int, Attachment], kept: dict[int, Attachment]
) -> tuple[Attachment, ...]:
    """
    What a message carries after a request.

    Without a list everything old stays and everything new is added; a list names what is there from now on.
    ``taken`` has the new files by the number they were sent under.
    """
    if described is None:
        settled = [*kept.values(), *taken.values()]
    else:
        settled = []
        for each in described:
            known = {**taken, **kept}[int(each["id"])]
            hidden = bool(each.get("is_spoiler", known.spoiler))
            settled.append(replace(known, description=each.get("description", known.description), spoiler=hidden))
        named = {int(each["id"]) for each in described}
        settled += [each for number, each in taken.items() if number not in named]
    if len(settled) > MOST_FILES:
        raise refusals.too_many_attachments()
    return tuple(settled)
