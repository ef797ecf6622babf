"""Makes the folder of the pictures from four published packages that were fetched and unpacked beforehand.

Nothing is fetched here. The packages, with their licences, are named in the starter's NOTICE; ``PACKAGES`` names the
folders that are expected. Two of them hold vector drawings, which the optional library ``resvg_py`` turns into pixels.
"""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.starter.training import checkpoint
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.subjects import LIST, PICTURES

NAMES = "emojibase-data-17.0.0"
GLOSSY = "lobehub-fluent-emoji-3d-1.1.0"
FLAT = "iconify-json-fluent-emoji-flat-1.2.6"
CARTOON = "iconify-json-noto-1.2.9"
PACKAGES = {
    NAMES: "emojibase-data@17.0.0",
    GLOSSY: "@lobehub/fluent-emoji-3d@1.1.0",
    FLAT: "@iconify-json/fluent-emoji-flat@1.2.6",
    CARTOON: "@iconify-json/noto@1.2.9",
}
"""Folder below ``--emoji``, and the package as ``npm pack`` takes it."""
SIDE = 160
QUALITY = 90
LEFT_OUT_GROUPS = (None, 2, 9)
"""Single letters, skin tones and hair, flags."""
SYMBOLS = 8

Draw = Callable[[str], bytes]
"""SVG to PNG."""


@dataclass(frozen=True, slots=True)
class Drawings:
    """A package of vector drawings: bodies of SVG by name, and names by code points."""

    icons: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, str]
    size: int

    def svg(self, codes: str) -> str | None:
        """The drawing of an emoji."""
        icon = self.icons.get(self.names.get(codes, ""))
        if icon is None:
            return None
        width, height = icon.get("width", self.size), icon.get("height", self.size)
        spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        return f'<svg {spaces} viewBox="0 0 {width} {height}" width="{SIDE}" height="{SIDE}">{icon["body"]}</svg>'


def collect(emoji: Path, data: Path, draw: Draw | None = None) -> int:
    """Write ``subjects.json`` and ``pics.zip`` into ``data``; how many subjects there are."""
    if missing := [folder for folder in PACKAGES if not (emoji / folder).is_dir()]:
        commands = "\n".join(f"  npm pack {PACKAGES[folder]}   (unpack as {emoji / folder})" for folder in missing)
        raise TrainingError(f"unpacked packages are missing; with a network:\n{commands}")
    drawn_by = draw or _resvg()
    flat, cartoon = _drawings(emoji / FLAT, 32), _drawings(emoji / CARTOON, 128)
    listed = json.loads((emoji / NAMES / "en" / "data.json").read_text(encoding="utf-8"))
    records: list[dict[str, Any]] = []
    pictures: list[bytes] = []
    for entry in filter(_is_wanted, listed):
        codes = entry["hexcode"].lower()
        found = {"3d": _glossy(emoji / GLOSSY / "assets", codes)}
        for style, drawings in (("flat", flat), ("cartoon", cartoon)):
            svg = drawings.svg(codes.replace("-fe0f", ""))
            found[style] = None if svg is None else _webp(drawn_by(svg))
        shown = {style: data for style, data in found.items() if data is not None}
        if shown:
            records.append(_record(entry, {style: len(pictures) + n for n, style in enumerate(shown)}))
            pictures += shown.values()
    checkpoint.write_bytes(data / PICTURES, _archive(pictures))
    checkpoint.write_bytes(data / LIST, json.dumps(records).encode())
    return len(records)


def _is_wanted(entry: Mapping[str, Any]) -> bool:
    group = entry.get("group")
    return group not in LEFT_OUT_GROUPS and not (group == SYMBOLS and entry.get("subgroup") is None)


def _record(entry: Mapping[str, Any], pictures: dict[str, int]) -> dict[str, Any]:
    label, tags = entry["label"].lower(), entry.get("tags", [])
    return {"label": label, "tags": tags, "group": entry["group"], "pictures": pictures}


def _drawings(folder: Path, size: int) -> Drawings:
    icons, names = (json.loads((folder / file).read_text(encoding="utf-8")) for file in ("icons.json", "chars.json"))
    return Drawings(icons["icons"], names, size)


def _glossy(folder: Path, codes: str) -> bytes | None:
    files = (folder / f"{name}.webp" for name in (codes, codes.replace("-fe0f", "")))
    return next((_webp(file.read_bytes()) for file in files if file.is_file()), None)


def _webp(data: bytes) -> bytes:
    """Any picture as a square of the common size, with its opacity."""
    written = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        square = picture.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    square.save(written, "WEBP", quality=QUALITY, method=4)
    return written.getvalue()


def _archive(pictures: list[bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:  # WebP does not get smaller
        for number, data in enumerate(pictures):
            archive.writestr(f"{number}.webp", data)
    return written.getvalue()


def _resvg() -> Draw:
    try:
        library = importlib.import_module("resvg_py")
    except ImportError:
        raise TrainingError("vector drawings need the library resvg_py: pip install resvg_py") from None
    return lambda svg: bytes(library.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE))
