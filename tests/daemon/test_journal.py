"""Records to a real datagram socket in the place of journald's."""

from __future__ import annotations

import json
import logging
import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from daemon import journal, logs


def fields_of(data: bytes) -> dict[str, str]:
    """What journald understands of a record."""
    found: dict[str, str] = {}
    while data:
        head, _, rest = data.partition(b"\n")
        name, equals, value = head.partition(b"=")
        if not equals:
            (length,) = struct.unpack_from("<Q", rest)
            value, data = rest[8 : 8 + length], rest[9 + length :]
        else:
            data = rest
        assert name.decode() not in found
        found[name.decode()] = value.decode()
    return found


class Journal:
    """The far end of the socket, and a file that stands for the stream of stderr."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = directory / "journal"
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.channel.bind(str(self.path))
        self.channel.settimeout(5)
        self.stderr = directory / "stderr"
        self.descriptor = os.open(self.stderr, os.O_WRONLY | os.O_CREAT)
        about = os.fstat(self.descriptor)
        monkeypatch.setenv("JOURNAL_STREAM", f"{about.st_dev}:{about.st_ino}")

    def next(self) -> dict[str, str]:
        data, passed, _, _ = socket.recv_fds(self.channel, 1 << 20, 1)
        for file in passed:
            data = os.pread(file, 1 << 24, 0)
            os.close(file)
        return fields_of(data)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    made = Journal(tmp_path, monkeypatch)
    root = logging.getLogger()
    before, level, hook = root.handlers[:], root.level, sys.unraisablehook
    yield made
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)
    sys.unraisablehook = hook
    logging.captureWarnings(False)
    made.channel.close()
    os.close(made.descriptor)


def test_an_event_becomes_fields_that_can_be_asked_for(there: Journal) -> None:
    logs.configure("info", there.descriptor, journal=there.path)
    structlog.get_logger().warning("job_failed", job="abc", attempt=2)
    record = there.next()
    assert record["MESSAGE"] == "job_failed job=abc attempt=2"
    assert (record["PRIORITY"], record["SYSLOG_IDENTIFIER"]) == ("4", "mezzotint")
    assert (record["MEZZOTINT_EVENT"], record["MEZZOTINT_JOB"], record["MEZZOTINT_ATTEMPT"]) == (
        "job_failed",
        "abc",
        "2",
    )
    assert there.stderr.read_bytes() == b""


@pytest.mark.parametrize("value", ["x\nPRIORITY=0", "x\n\nMESSAGE=forged\n", "\n" * 30, "a=b\nMEZZOTINT_JOB=other"])
def test_no_value_and_no_name_begins_another_field(there: Journal, value: str) -> None:
    logs.configure("info", there.descriptor, journal=there.path)
    structlog.get_logger().info("odd_thing", text=value, job="mine", **{"key\nMESSAGE=forged": "y"})
    record = there.next()
    assert record["MEZZOTINT_TEXT"] == value
    assert (record["PRIORITY"], record["MEZZOTINT_JOB"]) == ("6", "mine")
    assert record["MESSAGE"].startswith("odd_thing ")
    assert record["MEZZOTINT_KEY_MESSAGE_FORGED"] == "y"


def test_a_record_larger_than_a_datagram_goes_as_a_file(there: Journal) -> None:
    large = {f"key{number}": "v" * 60_000 for number in range(20)}
    assert journal.send({"event": "large_one", "level": "info", **large}, there.path)
    assert there.next()["MEZZOTINT_KEY19"] == "v" * 60_000


def test_a_journal_that_is_away_leaves_lines_on_stderr(there: Journal) -> None:
    logs.configure("info", there.descriptor, journal=there.path.with_name("gone"))
    structlog.get_logger().info("job_done", job="abc")
    assert json.loads(there.stderr.read_bytes())["job"] == "abc"


def test_a_journal_that_does_not_read_holds_up_nothing_and_learns_what_it_missed(there: Journal) -> None:
    logs.configure("info", there.descriptor, journal=there.path)
    for number in range(2_000):
        structlog.get_logger().info("line_written", number=number)
    there.channel.setblocking(False)
    taken = 0
    try:
        while there.next():
            taken += 1
    except BlockingIOError:
        pass
    assert 0 < taken < 2_000
    structlog.get_logger().info("line_written", number=2_000)
    assert there.next()["MEZZOTINT_LINES_DROPPED"] == str(2_000 - taken)


def test_a_stderr_that_is_not_the_journal_gets_lines(there: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    logs.configure("info", there.descriptor, journal=there.path)
    structlog.get_logger().info("job_done", job="abc")
    assert json.loads(there.stderr.read_bytes())["event"] == "job_done"
