"""What was found in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """How a picture was drawn, as far as its file says.

    ``tool`` is ``mezzotint``, ``a1111``, ``comfyui``, ``invokeai``, ``swarmui``, or empty when there was nothing.
    ``request_fields`` can be given to :func:`pipeline.request.parse` as they are. ``model`` is what the other tool
    called its model (it is not part of the fields: the name means nothing here). ``left_out`` says what was dropped.
    """

    tool: str = ""
    record: R | None = None
    request_fields: dict[str, Any] | None = None
    model: str | None = None
    left_out: tuple[str, ...] = ()
