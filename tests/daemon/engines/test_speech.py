"""What an engine says on stderr."""

from __future__ import annotations

import asyncio
import json

import pytest
import structlog.testing

from daemon import logs
from daemon.engines.speech import Speech


def test_events_are_passed_on_with_their_engine() -> None:
    with structlog.testing.capture_logs() as logged:
        Speech(7).take('{"event": "model_found", "level": "warning", "seconds": 1.5}')
    assert logged == [{"event": "model_found", "log_level": "warning", "seconds": 1.5, "engine_pid": 7}]


def test_lines_of_libraries_are_kept_for_the_obituary_and_not_logged() -> None:
    speech = Speech(7)
    with structlog.testing.capture_logs() as logged:
        for line in ("a prompt was cut: my secret", "[1, 2]", '{"no": "event"}', "", "Fatal Python error: Segfault"):
            speech.take(line)
    assert logged == []
    assert speech.last_words().splitlines()[-1] == "Fatal Python error: Segfault"


def test_only_the_last_lines_are_kept() -> None:
    speech = Speech(7)
    for number in range(1000):
        speech.take(f"line {number}")
    assert len(speech.last_words().splitlines()) == 12


def test_an_event_can_not_pose_as_another_engines() -> None:
    with structlog.testing.capture_logs() as logged:
        Speech(7).take('{"event": "x", "engine_pid": 8}')
    assert logged[0]["engine_pid"] == 7


@pytest.mark.parametrize(
    "line",
    [
        *(json.dumps({"event": "x", name: "y", "level": ["z"]}) for name in ("self", "exc_info", "stack_info")),
        '{"event": "%s %d", "args": [1], "": 1, "name": 2, "method_name": 3, "timestamp": 4}',
        "[" * 1_990,
    ],
)
async def test_no_line_ends_the_listener(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    try:
        stream = asyncio.StreamReader()
        stream.feed_data(f"{line}\n".encode() + b'{"event": "said_after"}\n')
        stream.feed_eof()
        await Speech(7).listen(stream)
    finally:
        structlog.reset_defaults()
    said = [json.loads(each) for each in capfd.readouterr().err.splitlines()]
    assert said[-1]["event"] == "said_after"
    assert all(each["timestamp"] != 4 and each["engine_pid"] == 7 for each in said)


def test_an_engine_that_raves_does_not_fill_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    speech = Speech(7, clock=lambda: now[0])
    with structlog.testing.capture_logs() as logged:
        for _ in range(1_000):
            speech.take('{"event": "raving"}')
        now[0] = 20.0
        speech.take('{"event": "calm"}')
    assert len(logged) == 102
    assert logged[100] == {"event": "engine_lines_left_out", "engine_pid": 7, "lines": 900, "log_level": "warning"}
