"""Request bodies: read once, bounded in depth, large ones off the event loop."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json
from starlette.exceptions import HTTPException

from config.errors import UserError
from config.settings import Lane
from daemon.service import Origin, Submission
from frontends.http.native.errors import explain
from pipeline.request import Request as PictureRequest

LARGE_BYTES = 128 * 1024
"""Above this, parsing and decoding take longer than other callers should wait for: a thread does it."""
MAX_ELEMENTS = 20_000
"""Of a body: commas and opening brackets, those in prompts included."""


class SubmissionBody(BaseModel):
    """What goes with a request; the fields of the request itself stand beside these."""

    model_config = ConfigDict(extra="allow", strict=True)

    lane: Lane = "interactive"
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    owner: Annotated[str, Field(description="source:name, for example cli:1000")] = "http:local"
    key: Annotated[str | None, Field(description="idempotency key: the same key of the same source is one job")] = None
    groups: Annotated[
        list[str], Field(max_length=16, description="for the quotas: role:NAME, guild:, folder:, schedule:")
    ] = []
    webhook: Annotated[
        str | None, Field(description="https address of a listed host that is told when the job ends")
    ] = None
    image_base64: Annotated[str | None, Field(description="input picture of image to image: PNG, JPEG or WebP")] = None


class VerifyBody(BaseModel):
    """What to draw again: a recorded picture by its id, or the bytes of a picture file that carries its record."""

    model_config = ConfigDict(extra="forbid", strict=True)

    picture: str | None = None
    png_base64: str | None = None


def submission_schema() -> dict[str, Any]:
    """OpenAPI of the submission body: one flat object of the request's fields and ours."""
    request = PictureRequest.model_json_schema()
    envelope = SubmissionBody.model_json_schema()
    schema = {
        "type": "object",
        "title": "Submission",
        "properties": {**request["properties"], **envelope["properties"]},
        "required": request["required"],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def submission(body: dict[str, Any]) -> Submission:
    """A submission from an untrusted body; the request's own fields are judged by the service."""
    try:
        envelope = SubmissionBody.model_validate(body)
    except ValidationError as error:
        _refuse(error)
    image = None if envelope.image_base64 is None else await unpacked(envelope.image_base64, "image_base64")
    return Submission(
        fields=dict(envelope.model_extra or {}),
        lane=envelope.lane,
        priority=envelope.priority,
        owner=envelope.owner,
        key=envelope.key,
        image=image,
        groups=tuple(envelope.groups),
        origin=None if envelope.webhook is None else Origin("webhook", {"url": envelope.webhook}),
        deliver=envelope.webhook is not None,
    )


async def unpacked(text: str, field: str) -> bytes:
    """The bytes that a base64 field holds."""
    try:
        if len(text) > LARGE_BYTES:
            return await asyncio.to_thread(base64.b64decode, text, validate=True)
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UserError(f"{field}: is not base64", field=field) from None


def _refuse(error: ValidationError) -> NoReturn:
    raise explain(dict(error.errors(include_url=False)[0])) from None


class _JsonRequest(Request):
    """A request whose body is parsed strictly: at most 200 levels deep, no NaN, in a thread when it is large."""

    async def json(self) -> Any:
        data = await self.body()
        try:
            return await asyncio.to_thread(_parse, data) if len(data) > LARGE_BYTES else _parse(data)
        except ValueError as error:
            raise HTTPException(400, f"the body is not JSON: {error}") from None


def _parse(data: bytes) -> Any:
    # Each element takes up to fifty times its bytes once it is parsed. A picture in base64 has none of these signs.
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_ELEMENTS:
        raise ValueError(f"it has more than {MAX_ELEMENTS} elements")
    return from_json(data, allow_inf_nan=False)


class JsonRoute(APIRoute):
    """A route that reads its body as above."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_bounded(request: Request) -> Response:
            return await handle(_JsonRequest(request.scope, request.receive))

        return handle_bounded
