"""What to make: a frozen, validated, torch-free value.

A :class:`Request` is what a person asked for; fields left at ``None`` are open. :func:`settle` closes
every open field from the model's defaults, so that what is queued and recorded is complete: the same
settled request drawn twice by the same machine and libraries is the same picture.
"""

from __future__ import annotations

import difflib
import re
import secrets
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from config.errors import UserError
from pipeline import schedulers

MAX_PROMPT_CHARACTERS = 4_000
MAX_SIDE_PIXELS = 4_096
MAX_COUNT = 64
MAX_STEPS = 150
MAX_SEED = 2**32 - 1

Prompt = Annotated[str, StringConstraints(max_length=MAX_PROMPT_CHARACTERS)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Side = Annotated[int, Field(ge=64, le=MAX_SIDE_PIXELS, multiple_of=8)]
Steps = Annotated[int, Field(ge=1, le=MAX_STEPS)]
Guidance = Annotated[float, Field(ge=0, le=50, allow_inf_nan=False)]
Strength = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
SchedulerName = Annotated[str, StringConstraints(min_length=1, max_length=60)]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NUMBERS = ("width", "height", "count", "steps", "guidance_scale", "seed", "denoising_strength")


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
    width: Side | None = None
    height: Side | None = None
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    steps: Steps | None = None
    guidance_scale: Guidance | None = None
    scheduler: SchedulerName | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    image: Digest | None = None
    denoising_strength: Strength | None = None
    deterministic: bool = False

    @field_validator("prompt", "negative_prompt")
    @classmethod
    def _text(cls, text: str) -> str:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if found := _CONTROL.search(text):
            raise ValueError(f"must not contain control characters (there is U+{ord(found[0]):04X})")
        return text

    @field_validator(*_NUMBERS, mode="before")
    @classmethod
    def _no_truth_values(cls, value: object) -> object:
        if isinstance(value, bool):
            raise ValueError("must be a number, not true or false")
        return value

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

    width: Side = 512
    height: Side = 512
    steps: Steps = 20
    guidance_scale: Guidance = 7.0
    scheduler: SchedulerName = "DPM++ 2M"
    denoising_strength: Strength = 0.6


def parse(fields: dict[str, Any]) -> Request:
    """A request from untrusted fields; raises :class:`UserError` that names the first wrong field in plain words."""
    try:
        return Request.model_validate(fields)
    except ValidationError as error:
        raise explain(error) from None


def settle(request: Request, model: str, defaults: Defaults) -> Request:
    """Close every open field: ``model`` is the registry name, the rest comes from its ``defaults``; a seed is drawn.

    The scheduler is stored under its usual name; raises :class:`UserError` for one that is not known.
    """
    return request.model_copy(
        update={
            "model": model,
            "width": request.width or defaults.width,
            "height": request.height or defaults.height,
            "steps": request.steps or defaults.steps,
            "guidance_scale": defaults.guidance_scale if request.guidance_scale is None else request.guidance_scale,
            "scheduler": schedulers.resolve(request.scheduler or defaults.scheduler).name,
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
    name = _shortened(".".join(str(part) for part in first["loc"])) or None
    if first["type"] == "extra_forbidden":
        return UserError(f"{name} is not a field of a request", field=name, hint=_known_fields(name or ""))
    if first["type"] == "missing":
        return UserError(f"{name} is missing", field=name)
    said = first["msg"].removeprefix("Value error, ")
    for long in ("Input should be", "String should"):
        said = said.replace(long, "must be" if long.startswith("Input") else "must")
    got = f" (got {shown(first['input'])})"
    if name is None:  # a rule about several fields begins with the one to change
        return UserError(said, field=said.partition(" ")[0] if first["type"] == "value_error" else None)
    return UserError(f"{name}: {said[:1].lower()}{said[1:]}{got}", field=name)


def _known_fields(name: str) -> str:
    nearest = difflib.get_close_matches(name, Request.model_fields, n=1)
    return f"did you mean {nearest[0]}?" if nearest else f"the fields are: {', '.join(Request.model_fields)}"


def shown(value: object) -> str:
    """A value of a stranger's, short and on one line, for messages and logs."""
    try:
        return _shortened(repr(value))
    except ValueError:  # Python writes no number of thousands of digits
        return "a number that is too long"


def _shortened(text: str) -> str:
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= 60 else f"{text[:57]}..."
