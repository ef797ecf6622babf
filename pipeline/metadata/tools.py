"""Whose texts they are: asks each tool's reader in turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pipeline.metadata import a1111, comfyui, invokeai, swarmui
from pipeline.metadata.found import Found

R = TypeVar("R")
Fields = tuple[dict[str, Any], str | None]

_JSON_READERS: tuple[tuple[str, str, Callable[[dict[str, Any]], Fields | None]], ...] = (
    ("swarmui", "parameters", swarmui.read),
    ("swarmui", "sui_image_params", swarmui.read_bare),
    ("invokeai", "invokeai_metadata", invokeai.read),
    ("comfyui", "prompt", comfyui.read),
)


def read(texts: Mapping[str, str]) -> Found[R]:
    """The first form that is there and makes sense. Values are as the tool wrote them, not yet checked."""
    for tool, key, reader in _JSON_READERS:
        content = _object(texts.get(key, ""))
        found = reader(content) if content else None
        if found:
            return Found(tool=tool, request_fields=found[0], model=found[1])
    found = a1111.read(texts["parameters"]) if "parameters" in texts else None
    return Found(tool="a1111", request_fields=found[0], model=found[1]) if found else Found()


def _object(text: str) -> dict[str, Any] | None:
    if text.lstrip()[:1] != "{":
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
