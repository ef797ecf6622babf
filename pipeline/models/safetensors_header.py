"""Whether a file is what its name says: the safetensors header against the file, without reading a weight.

Layout: 8 bytes little-endian length, that many bytes of JSON, then the tensors' bytes without holes.
Source: the format description in the safetensors repository.
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

MAX_HEADER_BYTES = 32 * 1024 * 1024
"""Real headers stay under a few megabytes; the format itself allows 100 MB."""
MAX_TENSORS = 200_000
MAX_DIMENSIONS = 16
MAX_NAME_CHARACTERS = 512

BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64, "C64": 64,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


class WrongHeaderError(ValueError):
    """The file is not a whole and honest safetensors file."""


def check(path: Path) -> int:
    """The number of tensors in the file; raises :class:`WrongHeaderError` in plain words, or ``OSError``."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if len(start) < 8:
            raise WrongHeaderError("is too short to be a safetensors file")
        (length,) = struct.unpack("<Q", start)
        if length > size - 8:
            raise WrongHeaderError(f"is no safetensors file, or cut off: it announces a header of {length} bytes")
        if length > MAX_HEADER_BYTES:
            raise WrongHeaderError(f"has a header of {length} bytes; at most {MAX_HEADER_BYTES} are read")
        tensors = _tensors(file.read(length))
    _check_layout(tensors, size - 8 - length)
    return len(tensors)


def _tensors(header: bytes) -> dict[str, Any]:
    if not header.startswith(b"{"):
        raise WrongHeaderError("is no safetensors file: its header is not JSON")
    try:
        found = json.loads(header, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if isinstance(error, WrongHeaderError):
            raise
        raise WrongHeaderError("is no safetensors file: its header is not JSON") from None
    metadata = found.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise WrongHeaderError("has metadata that is not text")
    if len(found) > MAX_TENSORS:
        raise WrongHeaderError(f"names {len(found)} tensors; at most {MAX_TENSORS} are read")
    return dict(found)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WrongHeaderError("names something twice in its header")
    return found


def _no_constant(name: str) -> Any:
    raise WrongHeaderError(f"has {name} in its header")


def _check_layout(tensors: dict[str, Any], size: int) -> None:
    """Every byte of the file belongs to exactly one tensor, and each tensor has the bytes that its shape needs."""
    spans = sorted(_span(name, tensor) for name, tensor in tensors.items())
    end = 0
    for begin, until, name in spans:
        if begin < end:
            raise WrongHeaderError(f"has tensors that overlap ({name[:80]!r})")
        if begin > end:
            raise WrongHeaderError(f"has {begin - end} bytes that belong to no tensor before {name[:80]!r}")
        end = until
    if end != size:
        raise WrongHeaderError(f"holds {size} bytes of tensors where its header says {end}: it is cut off or longer")


def _span(name: str, tensor: Any) -> tuple[int, int, str]:
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable():
        raise WrongHeaderError(f"has a tensor with an impossible name ({name[:40]!r})")
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        raise WrongHeaderError(f"describes {name[:80]!r} wrongly")
    dtype, shape, offsets = tensor["dtype"], tensor["shape"], tensor["data_offsets"]
    if dtype not in BITS if isinstance(dtype, str) else True:
        raise WrongHeaderError(f"has a tensor of unknown type ({name[:80]!r})")
    if not _counts(shape, MAX_DIMENSIONS) or not _counts(offsets, 2) or len(offsets) != 2:
        raise WrongHeaderError(f"describes {name[:80]!r} wrongly")
    if (offsets[1] - offsets[0]) * 8 != math.prod(shape) * BITS[dtype]:
        raise WrongHeaderError(f"gives {name[:80]!r} another number of bytes than its shape needs")
    return offsets[0], offsets[1], name


def _counts(values: Any, most: int) -> bool:
    """A short list of whole numbers that 64 bits can hold."""
    return (
        isinstance(values, list)
        and len(values) <= most
        and all(type(value) is int and 0 <= value < 2**63 for value in values)
    )
