"""Every error becomes ``{"error": {"kind", "message", "field"?, "hint"?}}`` with a fitting status code."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from config.clock import now_ms
from config.errors import (
    ConfigurationError,
    ConflictError,
    FatalError,
    MezzotintError,
    NotFoundError,
    QuotaError,
    RetryableError,
    UserError,
)
from frontends.http.native import views

RETRY_AFTER_SECONDS = 2
QUOTA_RETRY_SECONDS = 60
"""Where no clock sets free what is used up, but the end of another job or a prune does."""
LONGEST_NAME = 100


class TooLargeError(UserError):
    """The request body is larger than the service takes."""


class HeadTooLargeError(UserError):
    """The head of the request is larger than the service takes."""


class MediaTypeError(UserError):
    """Bodies must be JSON, sent as application/json."""


STATUS: tuple[tuple[type[MezzotintError], int], ...] = (
    (TooLargeError, 413),
    (HeadTooLargeError, 431),
    (MediaTypeError, 415),
    (NotFoundError, 404),
    (ConflictError, 409),
    (UserError, 400),
    (QuotaError, 429),
    (RetryableError, 503),
    (ConfigurationError, 422),
    (FatalError, 500),
)
"""The first class that fits decides."""


def answer(error: MezzotintError) -> JSONResponse:
    """The response for one of our errors."""
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
    headers = _headers(status)
    if isinstance(error, QuotaError):
        headers = {"retry-after": str(_seconds_until(error.free_at))}
    return JSONResponse({"error": views.of_error(error)}, status, headers)


def _seconds_until(moment: int | None) -> int:
    return QUOTA_RETRY_SECONDS if moment is None else max(1, math.ceil((moment - now_ms()) / 1000))


def _headers(status: int) -> dict[str, str]:
    return {"retry-after": str(RETRY_AFTER_SECONDS)} if status == 503 else {}


def install(app: FastAPI) -> None:
    """Let no error leave in another form, the framework's own included."""
    app.add_exception_handler(MezzotintError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MezzotintError)
    return answer(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return answer(explain(error.errors()[0]))


async def _framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    said = error.detail or HTTPStatus(error.status_code).phrase
    if error.status_code in (404, 405):
        said = f"there is no {request.method} {_shortened(request.scope['path'])}"
    kind = "retryable" if error.status_code == 503 else "user" if error.status_code < 500 else "fatal"
    view: dict[str, Any] = {"kind": kind, "message": said}
    if error.status_code in (404, 405):
        view["hint"] = "the routes are listed in /v1/openapi.json"
    return JSONResponse({"error": view}, error.status_code, {**_headers(error.status_code), **(error.headers or {})})


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # Logged with its trace by the server, to which the framework raises it again after this answer.
    return JSONResponse({"error": {"kind": "fatal", "message": "the service failed at this; its log says why"}}, 500)


def explain(problem: dict[str, Any]) -> UserError:
    """One problem that validation found, in words that name the field."""
    place = [str(part) for part in problem["loc"] if part not in ("body", "query", "path")]
    name = _shortened(".".join(place)) or None
    if problem["type"] == "missing" and name is None:
        return UserError("the request has no body", hint="send a JSON object")
    said = str(problem["msg"])
    said = said[:1].lower() + said[1:]
    return UserError(f"{name}: {said}" if name else f"the body is wrong: {said}", field=name)


def _shortened(name: str) -> str:
    """Names that a caller made up may be as long as a body."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."
