"""What to make: a frozen, validated, torch-free value.

A :class:`Request` is what a person asked for; fields left at ``None`` are open. :func:`settle` closes
every open field from the model's defaults, so that what is queued and recorded is complete: the same
settled request drawn twice by the same machine and libraries is the same picture.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from config.errors import UserError

MAX_PROMPT_CHARACTERS = 4_000
MAX_SIDE_PIXELS = 4_096
MAX_COUNT = 64
MAX_STEPS = 150
MAX_SEED = 2**32 - 1

Prompt = Annotated[str, StringConstraints(max_length=MAX_PROMPT_CHARACTERS)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Request(BaseModel):
    """Text to image, or image to image when ``image`` is set.

    ``image`` is the sha256 of an input picture that the service has taken in (never a path or a URL).
    ``denoising_strength`` (0 to 1) is the share of the schedule that is run on it: 0 keeps the picture, 1 ignores it.
    Picture ``i`` of ``count`` is drawn with seed ``(seed + i) mod 2**32``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    prompt: Prompt
    negative_prompt: Prompt = ""
    model: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    width: Annotated[int, Field(ge=64, le=MAX_SIDE_PIXELS, multiple_of=8)] | None = None
    height: Annotated[int, Field(ge=64, le=MAX_SIDE_PIXELS, multiple_of=8)] | None = None
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    steps: Annotated[int, Field(ge=1, le=MAX_STEPS)] | None = None
    guidance_scale: Annotated[float, Field(ge=0, le=50, allow_inf_nan=False)] | None = None
    scheduler: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    image: Digest | None = None
    denoising_strength: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    deterministic: bool = False

    @field_validator("prompt", "negative_prompt")
    @classmethod
    def _printable(cls, text: str) -> str:
        if "\x00" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
            raise ValueError("must be text without NUL characters and lone surrogates")
        return text

    @field_validator("prompt")
    @classmethod
    def _prompt_says_something(cls, text: str) -> str:
        if not text:
            raise ValueError("must not be empty")
        return text

    @model_validator(mode="after")
    def _strength_goes_with_an_image(self) -> Request:
        if self.denoising_strength is not None and self.image is None:
            raise ValueError("denoising_strength needs an image to start from")
        return self

    @property
    def task(self) -> Literal["text_to_image", "image_to_image"]:
        """Which pipeline draws it."""
        return "image_to_image" if self.image else "text_to_image"

    def seed_of(self, index: int) -> int:
        """The seed of picture ``index`` (from 0) of a settled request."""
        if self.seed is None:
            raise ValueError("the request is not settled")
        return (self.seed + index) % (MAX_SEED + 1)


class Defaults(BaseModel):
    """What a model draws with where the request is silent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = 512
    height: int = 512
    steps: int = 20
    guidance_scale: float = 7.0
    scheduler: str = "DPM++ 2M"
    denoising_strength: float = 0.6


def parse(fields: dict[str, Any]) -> Request:
    """A request from untrusted fields; raises :class:`UserError` that names the first wrong field in plain words."""
    try:
        return Request.model_validate(fields)
    except ValidationError as error:
        raise explain(error) from None


def settle(request: Request, model: str, defaults: Defaults) -> Request:
    """Close every open field: ``model`` is the registry name, the rest comes from its ``defaults``; an open seed is drawn."""
    return request.model_copy(
        update={
            "model": model,
            "width": request.width or defaults.width,
            "height": request.height or defaults.height,
            "steps": request.steps or defaults.steps,
            "guidance_scale": defaults.guidance_scale if request.guidance_scale is None else request.guidance_scale,
            "scheduler": request.scheduler or defaults.scheduler,
            "seed": secrets.randbelow(MAX_SEED + 1) if request.seed is None else request.seed,
            "denoising_strength": (
                (defaults.denoising_strength if request.denoising_strength is None else request.denoising_strength)
                if request.image
                else None
            ),
        }
    )


def explain(error: ValidationError) -> UserError:
    """The first problem of a validation error, in words that name the field and what it got."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"]) or None
    said = first["msg"].removeprefix("Value error, ")
    known = ", ".join(Request.model_fields)
    if first["type"] == "extra_forbidden":
        return UserError(f"{name} is not a field of a request", field=name, hint=f"the fields are: {known}")
    if first["type"] == "missing":
        return UserError(f"{name} is missing", field=name)
    got = "" if first["loc"] == () else f" (got {_shortened(first['input'])})"
    return UserError(f"{name}: {said[:1].lower()}{said[1:]}{got}" if name else said, field=name)


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
