"""What a request carries: JSON, or a form with files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from support.fake_discord import refusals
from support.fake_discord.refusals import Refusal
from support.fake_discord.uploads import Upload, safe_name


@dataclass(frozen=True)
class Body:
    """The fields of a request and its files by the number that they were sent under."""

    fields: Any = field(default_factory=dict)
    files: dict[int, Upload] = field(default_factory=dict)


def parse(content_type: str, raw: bytes) -> Body:
    """The body of one request."""
    if not raw:
        return Body()
    kind = content_type.partition(";")[0].strip()
    if kind == "application/json":
        return Body(_json(raw))
    boundary = re.search(r'boundary="?([^";]+)"?', content_type)
    if kind != "multipart/form-data" or boundary is None:
        said = "Expected \"Content-Type\" header to be one of {'application/json', 'multipart/form-data'}."
        raise Refusal(
            400, 50035, "Invalid Form Body", errors={"_errors": [{"code": "CONTENT_TYPE_INVALID", "message": said}]}
        )
    return _form(raw, boundary[1].encode())


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise refusals.invalid_json() from None


def _form(raw: bytes, boundary: bytes) -> Body:
    fields: dict[str, Any] = {}
    files: dict[int, Upload] = {}
    for part in raw.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        name = re.search(rb'[; ]name="([^"]*)"', head)
        filename = re.search(rb'filename="([^"]*)"', head)
        assert name is not None, head
        called = name[1].decode()
        number = re.fullmatch(r"files?\[(\d+)\]", called)
        if called == "payload_json":
            fields |= _json(content)
        elif number is not None and filename is not None:
            if int(number[1]) in files:
                raise refusals.invalid_json()
            files[int(number[1])] = Upload(safe_name(filename[1].decode()), content)
        else:
            fields[called] = content.decode()
    return Body(fields, files)
