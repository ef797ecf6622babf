"""Messages as bytes: a 4-byte big-endian length and that many bytes of MessagePack.

Both ends bound what they accept, so that a broken or hostile peer can neither fill the memory
nor make the other side build anything but one of the known messages.
"""

from __future__ import annotations

import struct
from typing import Generic, TypeVar

import msgspec

from config.errors import FatalError
from pipeline.messages import MAX_FRAME_BYTES, Message, ToDaemon, ToEngine

M = TypeVar("M")

_LENGTH = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()


class BrokenFrameError(FatalError):
    """The other end sent something that is not a message."""


def encode(message: Message) -> bytes:
    """One frame, ready to be written to the stream."""
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise BrokenFrameError(f"a {type(message).__name__} message of {len(body)} bytes is too long to send")
    return _LENGTH.pack(len(body)) + body


class Decoder(Generic[M]):
    """Takes the stream in pieces of any size and gives whole messages back.

    ``feed`` raises :class:`BrokenFrameError` for an oversized length or a body that is none of the
    expected messages; the stream is of no use after that.
    """

    def __init__(self, expected: object, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._bodies: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(expected)
        self._buffer = bytearray()
        self._max_frame_bytes = max_frame_bytes

    def feed(self, data: bytes) -> list[M]:
        """The messages that are complete with ``data``, oldest first."""
        self._buffer += data
        found: list[M] = []
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            if length > self._max_frame_bytes:
                raise BrokenFrameError(
                    f"a frame of {length} bytes was announced; at most {self._max_frame_bytes} are read"
                )
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            found.append(self._decode(start + _LENGTH.size, end))
            start = end
        del self._buffer[:start]
        return found

    def _decode(self, start: int, end: int) -> M:
        with memoryview(self._buffer) as view, view[start:end] as body:
            try:
                return self._bodies.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise BrokenFrameError(f"a frame is not a known message: {error}") from None


def for_daemon() -> Decoder[ToDaemon]:
    """Reads what an engine says."""
    return Decoder(ToDaemon)


def for_engine() -> Decoder[ToEngine]:
    """Reads what the daemon says."""
    return Decoder(ToEngine)
