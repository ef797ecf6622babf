"""The short-lived process that decodes one untrusted picture. Run as a script: it imports nothing of ours.

The file is standard input; the answer on standard output is a 4-byte big-endian length, that many bytes of
JSON, and the picture as RGB PNG when the JSON says ``"ok": true``. Limits hold before Pillow sees a byte, and before
it sees the first one of the picture the door is shut: no file, socket or process can be opened any more.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import signal
import struct
import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("PNG", "JPEG", "WEBP")
BASE_BYTES = 384 << 20
BYTES_A_PIXEL = 16
"""Address space: RGBA twice (turning, flattening) and RGB twice, with the interpreter and its libraries in the base."""
COMPRESS_LEVEL = 1
MAX_SCANS = 100
"""Of a progressive JPEG; the usual ones have ten. Each takes a pass over all pixels, from a few bytes."""
LIBRARIES = (
    "PIL.Image",
    "PIL.ImageFile",
    "PIL.ImageOps",
    "PIL.PngImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.MpoImagePlugin",
    "PIL.TiffImagePlugin",
    "PIL.WebPImagePlugin",
)
"""All that decoding may need: nothing can be imported once the door is shut. (EXIF is read by the TIFF module.)"""
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


class RefusedError(Exception):
    """Said back to whoever sent the picture."""


def confine(max_pixels: int, cpu_seconds: int) -> None:
    """Memory, time, files and dumps: whatever the decoder is talked into, it stays inside."""
    memory = BASE_BYTES + BYTES_A_PIXEL * max_pixels
    _limit(
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
    )


def shut_the_door() -> None:
    """No file, socket or process from here on. What is needed was imported, and the picture is standard input."""
    for name in LIBRARIES:
        importlib.import_module(name)
    sys.modules["PIL.Image"].preinit()  # Pillow would import its usual formats when it opens the picture
    _limit((resource.RLIMIT_NOFILE, 3), (resource.RLIMIT_NPROC, 0))


def _limit(*limits: tuple[int, int]) -> None:
    for what, limit in limits:
        hard = resource.getrlimit(what)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        try:
            resource.setrlimit(what, (limit, limit))
        except (OSError, ValueError):  # macOS knows no RLIMIT_AS below the present size
            continue


def tie_to(parent: int) -> None:
    """End with the daemon, and never gain a right that this process does not have."""
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:  # it went before that was asked
        os._exit(1)


def scans_of(data: bytes) -> int:
    """How many scans the markers of a JPEG begin, at most one more than are allowed."""
    found, at = 0, 0
    while found <= MAX_SCANS and (at := data.find(b"\xff\xda", at)) >= 0:
        found, at = found + 1, at + 2
    return found


def decode(source: Any, max_pixels: int) -> tuple[Picture, dict[str, Any]]:
    """The first frame, upright, on white where it is see-through, as RGB; and what was found out about the file."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # our own cap is checked below, before any pixel is touched
    picture: Picture = Image.open(source, formats=FORMATS)
    width, height = picture.size
    if width * height > max_pixels:
        raise RefusedError(f"the picture has {width}x{height} pixels; at most {max_pixels} pixels are taken")
    if picture.format in ("JPEG", "MPO") and picture.info.get("progressive"):
        _refuse_many_scans(source)
    facts = {"format": picture.format, "animated": bool(getattr(picture, "is_animated", False))}
    picture.load()
    upright = ImageOps.exif_transpose(picture, in_place=False)
    del picture
    return flatten(upright), facts


def _refuse_many_scans(source: Any) -> None:
    position = source.tell()
    source.seek(0)
    if scans_of(source.read()) > MAX_SCANS:
        raise RefusedError(f"the picture is stored in more than {MAX_SCANS} scans")
    source.seek(position)


def flatten(picture: Picture) -> Picture:
    """Any mode as RGB, on white."""
    from PIL import Image

    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        if picture.mode != "RGBA":  # a copy that is not made spares 160 MB at 40 megapixels
            picture = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        return white
    return picture.convert("RGB")


def answer(facts: dict[str, Any], picture: Picture | None = None) -> None:
    """Write the answer."""
    header = json.dumps(facts).encode()
    out = sys.stdout.buffer
    out.write(struct.pack(">I", len(header)) + header)
    if picture is not None:
        picture.info.clear()  # neither parameters, nor places and names from EXIF, nor colour profiles go on
        picture.save(out, "PNG", compress_level=COMPRESS_LEVEL)
    out.flush()


def main() -> int:
    """``decoder.py MAX_PIXELS CPU_SECONDS PARENT``."""
    max_pixels, cpu_seconds, parent = (int(each) for each in sys.argv[1:4])
    tie_to(parent)
    confine(max_pixels, cpu_seconds)
    warnings.simplefilter("ignore")
    try:
        shut_the_door()
        picture, facts = decode(sys.stdin.buffer, max_pixels)
        answer({"ok": True, "width": picture.width, "height": picture.height, **facts}, picture)
    except RefusedError as error:
        answer({"ok": False, "why": str(error), "hint": "send a smaller picture"})
    except MemoryError:
        why = "the picture needs more memory to decode than one of its kind should"
        answer({"ok": False, "why": why, "hint": "send a smaller picture"})
    except Exception as error:  # the process exists to contain whatever hostile bytes do to the decoder
        answer({"ok": False, "why": explain(error)})
    return 0


def explain(error: Exception) -> str:
    """In plain words where the kind of error is known."""
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "this is not a PNG, JPEG or WebP picture"
    words = " ".join(str(error).split())[:120]
    if "truncated" in words.lower() or isinstance(error, EOFError):
        return "the picture is cut off"
    return f"the picture is damaged ({words or type(error).__name__})"


if __name__ == "__main__":
    sys.exit(main())
