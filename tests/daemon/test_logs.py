"""Log lines are whole, bounded JSON, and never cost the daemon anything."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from daemon import logs
from daemon.logs import lines


class Pipe:
    """A pipe whose far end is read on demand."""

    def __init__(self) -> None:
        self.far, self.near = os.pipe()

    def lines(self) -> list[dict[str, Any]]:
        os.set_blocking(self.far, False)
        data = b""
        try:
            while chunk := os.read(self.far, 1 << 16):
                data += chunk
        except BlockingIOError:
            pass
        return [json.loads(line) for line in data.splitlines()]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    root = logging.getLogger()
    before, level, hook = root.handlers[:], root.level, sys.unraisablehook
    yield made
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)
    sys.unraisablehook = hook
    logging.captureWarnings(False)
    os.close(made.near)
    os.close(made.far)


def test_a_line_has_event_level_and_timestamp_first(pipe: Pipe) -> None:
    logs.configure("info", descriptor=pipe.near)
    structlog.get_logger().info("job_claimed", job="abc", attempt=2)
    structlog.get_logger().debug("not_wanted")
    (line,) = pipe.lines()
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert line["event"] == "job_claimed"
    assert line["level"] == "info"
    assert line["attempt"] == 2
    assert line["timestamp"].endswith("Z")
    assert len(line["timestamp"]) == len("2026-01-01T00:00:00.000Z")


def test_an_exception_becomes_error_and_traceback(pipe: Pipe) -> None:
    logs.configure("info", descriptor=pipe.near)
    try:
        raise ValueError("odd")
    except ValueError as error:
        structlog.get_logger().error("thing_broke", exc_info=error)
    (line,) = pipe.lines()
    assert line["error"] == "ValueError: odd"
    assert "test_logs.py" in line["traceback"]


def test_what_libraries_say_takes_the_same_form(pipe: Pipe) -> None:
    logs.configure("info", descriptor=pipe.near)
    logging.getLogger("uvicorn.error").warning("bad %s", "thing")
    logging.getLogger("uvicorn.access").info("GET /")
    (line,) = pipe.lines()
    assert (line["event"], line["library"], line["message"]) == ("library_said", "uvicorn.error", "bad thing")


def test_a_line_is_never_longer_than_a_pipe_takes_at_once(pipe: Pipe) -> None:
    logs.configure("info", descriptor=pipe.near)
    structlog.get_logger().info("long_one", text="é" * 50_000, number=3)
    structlog.get_logger().info("many_keys", **{f"key{number}": "v" * 90 for number in range(500)})
    first, second = pipe.lines()
    assert first["number"] == 3
    assert len(first["text"]) < 1000
    assert second["event"] == "many_keys"
    assert second["cut"] is True
    assert len(lines.line_of({"event": "x", "text": "\x00\ud800" * 9000})) <= lines.MAX_LINE_BYTES


def test_a_reader_that_stopped_reading_blocks_nothing_and_learns_what_it_missed(pipe: Pipe) -> None:
    logs.configure("info", descriptor=pipe.near)
    log = structlog.get_logger()
    for number in range(5_000):
        log.info("line_written", number=number, filler="x" * 100)
    before = pipe.lines()
    assert 0 < len(before) < 5_000
    log.info("line_written", number=5_000)
    (after,) = pipe.lines()
    assert after["lines_dropped"] == 5_000 - len(before)


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "2>&- <&- >&-"])
def test_a_full_or_closed_stderr_kills_nothing(redirection: str) -> None:
    script = (
        "import sys; from daemon import logs; logs.hold_standard_descriptors(); logs.configure('info');"
        "import structlog, logging; structlog.get_logger().info('said'); logging.getLogger('x').error('said');"
        "import os; os._exit(os.open('/dev/null', 0) > 2 and 7)"
    )
    done = subprocess.run(["/bin/sh", "-c", f'{sys.executable} -c "{script}" {redirection}'], check=False)
    assert done.returncode == 7  # and no standard descriptor was left for a file to take


def test_a_module_may_tell_more_or_less_than_the_others(pipe: Pipe) -> None:
    logs.configure("info", {"daemon.dispatch": "debug", "daemon": "error", "pipeline": "warning"}, descriptor=pipe.near)
    for name in ("daemon.dispatch.ledger", "daemon.dispatch", "daemon.delivery", "daemonic", "pipeline.models", ""):
        structlog.get_logger(*([name] if name else [])).debug("detail", by=name)
        structlog.get_logger(*([name] if name else [])).info("fact", by=name)
    assert [(line["event"], line["by"]) for line in pipe.lines()] == [
        ("detail", "daemon.dispatch.ledger"),
        ("fact", "daemon.dispatch.ledger"),
        ("detail", "daemon.dispatch"),
        ("fact", "daemon.dispatch"),
        ("fact", "daemonic"),
        ("fact", ""),
    ]


def test_a_library_tells_its_details_to_those_who_ask_for_it_by_name(pipe: Pipe) -> None:
    logs.configure("debug", {"watchdog": "debug", "alembic.runtime": "info"}, descriptor=pipe.near)
    for name in ("watchdog.observers", "somelibrary", "alembic.script", "alembic.runtime"):
        logging.getLogger(name).debug("detail")
        logging.getLogger(name).info("fact")
    assert [(line["library"], line["message"]) for line in pipe.lines()] == [
        ("watchdog.observers", "detail"),
        ("watchdog.observers", "fact"),
        ("somelibrary", "fact"),
        ("alembic.runtime", "fact"),
    ]


def test_every_module_gives_its_name_to_its_logger(rooms_of_source: list[str]) -> None:
    assert [line for line in rooms_of_source if "get_logger()" in line] == []


@pytest.fixture
def rooms_of_source() -> list[str]:
    root = Path(logs.__file__).parents[2]
    return [
        line
        for room in ("config", "storage", "pipeline", "daemon", "frontends")
        for path in (root / room).rglob("*.py")
        for line in path.read_text().splitlines()
    ]


def test_nothing_in_a_line_steers_a_terminal_or_turns_its_text(pipe: Pipe) -> None:
    logs.configure("info", descriptor=pipe.near)
    hostile = "a\u202eb\u2028c\x85d\x1b[31me\x7ff\ud800"
    structlog.get_logger().info("said", text=hostile)
    os.set_blocking(pipe.far, False)
    raw = os.read(pipe.far, 1 << 16).decode()
    assert raw.count("\n") == 1
    assert raw.rstrip("\n").isprintable()
    assert json.loads(raw)["text"] == hostile
