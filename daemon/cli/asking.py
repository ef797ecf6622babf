"""From what was typed to the fields of a request; every complaint names the option."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.errors import UserError
from daemon.cli import given, output
from daemon.cli.exits import UsageError

_SIZE = re.compile(r"(\d{1,6})(?:[xX\N{MULTIPLICATION SIGN}](\d{1,6}))?")
_PLACEHOLDER = "0" * 64
_OPTIONS = {
    "negative_prompt": "negative",
    "width": "size",
    "height": "size",
    "guidance_scale": "guidance",
    "image_base64": "image",
    "denoising_strength": "strength",
    "groups": "group",
}
"""Where the name of the option is not that of the field."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The drawing options as they were typed."""

    prompt: str
    seed: int | None
    steps: int | None
    size: str | None
    count: int
    model: str | None
    scheduler: str | None
    guidance: float | None
    negative: str
    image: Path | None
    strength: float | None
    deterministic: bool
    evolve: bool = False
    """Of a series: it may start from a picture that does not exist yet."""

    def body(self, max_image_bytes: int) -> dict[str, Any]:
        """Fields for the daemon, checked here first: a slip of the finger needs no daemon to be told."""
        fields = self._fields()
        self._check(fields)
        if self.image is not None:
            fields["image_base64"] = base64.b64encode(_read(self.image, max_image_bytes)).decode()
        return fields

    def _fields(self) -> dict[str, Any]:
        width, height = _sides(self.size)
        wanted = {
            "prompt": self.prompt,
            "negative_prompt": self.negative or None,
            "model": self.model,
            "width": width,
            "height": height,
            "count": self.count,
            "steps": self.steps,
            "guidance_scale": self.guidance,
            "scheduler": self.scheduler,
            "seed": self.seed,
            "denoising_strength": self.strength,
            "deterministic": self.deterministic,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def _check(self, fields: dict[str, Any]) -> None:
        from pipeline import request

        try:
            request.parse({**fields, "image": _PLACEHOLDER} if self.image or self.evolve else fields)
        except UserError as error:
            raise refused(error) from None


def owner() -> str:
    """Whose jobs those of this user are, unless told otherwise."""
    return f"cli:{os.getuid()}"


def refused(error: UserError) -> UsageError:
    """What the request's own check or the daemon says of a field, in the words of the command line."""
    message = error.message
    field = error.field
    if field is not None and field != "prompt" and message.startswith((f"{field}:", f"{field} ")):
        message = f"--{_OPTIONS.get(field, field)}{message.removeprefix(field)}"
    return UsageError(message, field=field, hint=error.hint)


def _sides(size: str | None) -> tuple[int | None, int | None]:
    if size is None:
        return None, None
    match = _SIZE.fullmatch(size.strip())
    if match is None:
        said = f"--size: {output.shortened(size, 60)!r} is not a size"
        raise UsageError(said, field="size", hint="write 768x512, or 512 for a square")
    return int(match[1]), int(match[2] or match[1])


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        return given.read(path, max_bytes)
    except given.NoFileError as error:
        raise UsageError(f"--image: {error}", field="image", hint="name a PNG, JPEG or WebP file") from None
