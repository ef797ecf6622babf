"""Frames: whole messages out of any pieces, and nothing but messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import frames
from pipeline.messages import Cancel, Drawn, Finished, Progress, Pulse, Stop, ToDaemon

SAID: list[ToDaemon] = [
    Pulse(model=None, active=0, parked=0, forwards=1, steps=2),
    Progress(job="a", attempt=1, step=1, steps=8, preview_png=b"\x89PNG"),
    Drawn(
        job="a",
        attempt=1,
        index=0,
        seed=2**32 - 1,
        width=64,
        height=64,
        pixels=bytes(range(256)) * 48,
        pixels_sha256="0" * 64,
        facts={"device": "cpu", "tiled": False, "scale": 0.5, "rows": 3},
    ),
    Finished(job="a", attempt=1, engine_seconds=0.25),
]


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=40))
def test_messages_survive_a_stream_that_is_cut_anywhere(cuts: list[int]) -> None:
    stream = b"".join(frames.encode(message) for message in SAID)
    decoder = frames.for_daemon()
    heard: list[ToDaemon] = []
    start = 0
    for length in [*cuts, len(stream)]:
        heard += decoder.feed(stream[start : start + length])
        start += length
    assert heard == SAID


def test_a_cut_frame_gives_nothing_until_it_is_whole() -> None:
    frame = frames.encode(SAID[2])
    decoder = frames.for_daemon()
    assert decoder.feed(frame[:-1]) == []
    assert decoder.feed(frame[-1:]) == [SAID[2]]


def test_an_oversized_frame_is_refused_before_its_body_is_read() -> None:
    with pytest.raises(frames.BrokenFrameError, match="announced"):
        frames.for_daemon().feed((2**31).to_bytes(4, "big"))


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", b"\x93\x01\x02\x03", b"\x81\xa4type\xa6Cancel", b"\x81\xa4type\xa8Finished", b"\x91" * 5000],
    ids=["empty", "not MessagePack", "a list", "of the other direction", "without its fields", "deeply nested"],
)
def test_what_is_no_known_message_is_refused(body: bytes) -> None:
    with pytest.raises(frames.BrokenFrameError):
        frames.for_daemon().feed(len(body).to_bytes(4, "big") + body)


@given(st.binary(max_size=300))
def test_noise_is_refused_or_awaited_and_never_anything_else(noise: bytes) -> None:
    try:
        heard = frames.for_engine().feed(noise)
    except frames.BrokenFrameError:
        return
    assert all(isinstance(message, Cancel | Stop) for message in heard)
