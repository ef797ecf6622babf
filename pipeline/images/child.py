"""Runs the decoder process and reads its answer, trusting neither."""

from __future__ import annotations

import json
import math
import os
import select
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from config.errors import RetryableError, UserError

SCRIPT = Path(__file__).with_name("decoder.py")
MAX_HEADER_BYTES = 4096
SLACK_BYTES = 1 << 20
"""What a PNG may be longer than its raw pixels."""
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_END = b"\x00\x00\x00\x00IEND\xae\x42\x60\x82"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decoder says of the picture it made."""

    width: int
    height: int
    format: str
    animated: bool


def decode(data: bytes, max_pixels: int, wall_seconds: float) -> tuple[Facts, bytes]:
    """The picture as RGB PNG. Raises :class:`UserError` with the reason the decoder gave, or for not giving one."""
    most = 4 + MAX_HEADER_BYTES + 3 * max_pixels + max_pixels // 8 + SLACK_BYTES
    with _as_file(data) as source:
        process = _start(source, max_pixels, wall_seconds)
        try:
            output = _read(process, most, time.monotonic() + wall_seconds)
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
    if output is None:
        raise UserError(
            "the picture takes too long to decode or grows too large", field="image", hint="send it in a simpler form"
        )
    return _understood(output, max_pixels)


def _start(source: IO[bytes], max_pixels: int, wall_seconds: float) -> subprocess.Popen[bytes]:
    # -I: neither the working directory nor the environment decides what is imported. By path, so that
    # neither our packages nor their dependencies have to be imported: the start takes 50 ms less.
    command = [sys.executable, "-I", str(SCRIPT), str(max_pixels), str(math.ceil(wall_seconds)), str(os.getpid())]
    try:
        return subprocess.Popen(
            command,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"},
            cwd="/",
            start_new_session=True,  # Ctrl-C at the terminal is for the daemon, which lets this one finish
        )
    except OSError as error:
        raise RetryableError(f"no process could be started to decode the picture: {error}") from error


def _as_file(data: bytes) -> IO[bytes]:
    """The bytes as a file that the child can seek in: no pipe to fill, no lock-step to get wrong."""
    in_memory = hasattr(os, "memfd_create")
    source: IO[bytes] = open(os.memfd_create("picture"), "w+b") if in_memory else tempfile.TemporaryFile()  # noqa: SIM115
    source.write(data)
    source.seek(0)
    return source


def _read(process: subprocess.Popen[bytes], most: int, deadline: float) -> bytes | None:
    """Everything the process writes; None when it was too much or took too long."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    output = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        # poll, not select: a daemon with many connections has descriptors beyond 1024.
        if not _readable(pipe, left):
            break
        piece = os.read(pipe, 1 << 20)
        if not piece:
            return bytes(output)
        output += piece
        if len(output) > most:
            break
    return None


def _readable(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(math.ceil(seconds * 1000)))


def _understood(output: bytes, max_pixels: int) -> tuple[Facts, bytes]:
    header, png = _split(output)
    if header.get("ok") is not True:
        why = str(header.get("why") or "the picture can't be decoded")[:300]
        hint = str(header.get("hint") or "open it in an image editor and save it anew")[:300]
        raise UserError(_one_line(why), field="image", hint=_one_line(hint))
    width, height = header.get("width"), header.get("height")
    if not (isinstance(width, int) and isinstance(height, int)) or not 0 < width * height <= max_pixels:
        raise UserError("the picture can't be decoded", field="image")
    whole = png.startswith(PNG_START) and png.endswith(PNG_END)  # the decoder may have been ended while it wrote
    if not whole or (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) != (width, height):
        raise UserError("the picture can't be decoded", field="image")
    return Facts(width, height, str(header.get("format", ""))[:10], header.get("animated") is True), png


def _one_line(text: str) -> str:
    """A decoder that was taken over must not write into logs and terminals."""
    return text if text.isprintable() else ascii(text)


def _split(output: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and picture; an empty header when the process died before it answered."""
    if len(output) < 4:
        return {}, b""
    (length,) = struct.unpack_from(">I", output)
    if length > MAX_HEADER_BYTES:
        return {}, b""
    try:
        header = json.loads(output[4 : 4 + length])
    except ValueError:
        return {}, b""
    return (header if isinstance(header, dict) else {}), output[4 + length :]
