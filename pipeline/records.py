"""What is known of a picture: enough to draw it again, and carried inside its PNG.

A PNG of ours has two texts: ``parameters`` in the form other tools read, and ``mezzotint``, the whole record as JSON.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Annotated, Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer, field_validator

from config.errors import UserError
from pipeline.metadata import a1111, chunks, tools
from pipeline.metadata.found import Found
from pipeline.request import Digest, Request, parse

FORMAT = 1
MAX_RECORD_BYTES = 256 * 1024
KEY = "mezzotint"

LATEST_MS = 253_402_300_800_000
"""The year 10000, which no date can be written of."""

COMPRESS_LEVEL = 1
"""zlib's. Level 1 takes a fifth of the time of level 6 (7 against 40 ms at 256 pixels, 62 against 330 ms at 1024);
the file is 5 to 25 percent larger."""

Fact = str | int | Annotated[float, Field(allow_inf_nan=False)] | bool


class RecordedModel(BaseModel):
    """The model that drew a picture."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, Field(max_length=100)]
    family: Annotated[str, Field(max_length=40)] = ""
    sha256: Digest | None = None
    licence: Annotated[str, Field(max_length=200)] = "unknown"
    revision: Annotated[str, Field(max_length=100)] | None = None


class PictureRecord(BaseModel):
    """Everything that decided one picture. ``request`` is settled; ``seed`` is this picture's own.

    ``pixels_sha256`` is of the RGB bytes, row by row. ``created_at`` is UTC epoch milliseconds (ISO 8601 in the JSON).
    ``facts`` is what the engine says: device, dtype, kernel mode, library versions, scheduler class and options.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Annotated[int, Field(ge=1, le=FORMAT)] = FORMAT
    job_id: Annotated[str, Field(max_length=64)]
    picture_id: Annotated[str, Field(max_length=64)]
    index: Annotated[int, Field(ge=0)] = 0
    request: Request
    seed: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    model: RecordedModel
    facts: dict[str, Fact] = Field(default_factory=dict)
    pixels_sha256: Digest
    software: Annotated[str, Field(max_length=100)]
    created_at: Annotated[int, Field(ge=0, lt=LATEST_MS)]

    @field_validator("created_at", mode="before")
    @classmethod
    def _moment(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("needs a time zone")
        return round(moment.timestamp() * 1000)

    @field_serializer("created_at", when_used="json")
    def _iso(self, value: int) -> str:
        whole, milliseconds = divmod(value, 1000)
        return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"

    @property
    def redraw(self) -> Request:
        """The request that draws this one picture again."""
        return self.request.model_copy(update={"seed": self.seed, "count": 1})


def to_json(record: PictureRecord, *, indent: int | None = None) -> str:
    """The record as JSON text; :func:`from_json` reads it back exactly."""
    return record.model_dump_json(indent=indent)


def from_json(text: str | bytes) -> PictureRecord:
    """A record from untrusted JSON; raises :class:`UserError` when it is none or too long."""
    if len(text) > MAX_RECORD_BYTES:
        raise UserError(f"the record is longer than {MAX_RECORD_BYTES} bytes")
    try:
        return PictureRecord.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(f"this is not a record of a picture: {place}: {first['msg']}", field=place or None) from None


def encode_png(pixels: bytes, width: int, height: int, record: PictureRecord) -> bytes:
    """The picture as a PNG file that carries its record. ``pixels`` is RGB, 8 bits, row by row."""
    texts = PngInfo()
    texts.add_text("parameters", parameters_text(record))
    texts.add_itxt(KEY, to_json(record))
    out = io.BytesIO()
    image = Image.frombytes("RGB", (width, height), pixels)
    image.save(out, "PNG", pnginfo=texts, compress_level=COMPRESS_LEVEL)
    return out.getvalue()


def parameters_text(record: PictureRecord) -> str:
    """The ``parameters`` text of the record, as A1111 writes it."""
    return a1111.write(
        record.request,
        seed=record.seed,
        size=(record.width, record.height),
        model=record.model.name,
        model_sha256=record.model.sha256,
        version=record.software,
    )


def read_png(data: bytes) -> Found[PictureRecord]:
    """What a PNG says about how it was drawn: our record, or what other tools wrote. Safe on hostile bytes.

    A PNG that carries nothing usable gives a :class:`Found` with nothing in it; bytes that are no PNG at all
    raise :class:`UserError`.
    """
    texts = chunks.read_texts(data)
    if KEY in texts:
        try:
            record = from_json(texts[KEY])
        except UserError:
            pass  # not ours after all, or cut off: the other text may still help
        else:
            return Found(tool=KEY, record=record, request_fields=record.redraw.model_dump(exclude_none=True))
    return _usable(tools.read(texts))


def _usable(found: Found[PictureRecord]) -> Found[PictureRecord]:
    """Leaves out what no request may hold, so that the fields can be submitted as they are."""
    if found.request_fields is None:
        return found
    kept: dict[str, Any] = {}
    left_out = list(found.left_out)
    for name, value in found.request_fields.items():
        try:
            parse({"prompt": "a", name: value})
        except UserError as error:
            left_out.append(error.message)
        else:
            kept[name] = value
    if "prompt" not in kept:
        return Found(tool=found.tool, left_out=tuple(left_out))
    return Found(tool=found.tool, request_fields=kept, model=found.model, left_out=tuple(left_out))
