"""Events with their fields, on a real socket that speaks as the journal does."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.logs import journal
from daemon.logs.lines import LineSink


class Journal:
    """The journal's end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(5)

    def entry(self) -> dict[str, str]:
        """One datagram, read by the rules of the protocol."""
        data, fields = self.socket.recv(1 << 16), {}
        while data:
            line, _, rest = data.partition(b"\n")
            name, equals, value = line.partition(b"=")
            if not equals:
                (length,) = struct.unpack_from("<Q", rest)
                value, rest = rest[8 : 8 + length], rest[8 + length + 1 :]
            assert name.decode() not in fields
            fields[name.decode()], data = value.decode(), rest
        return fields


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal")
    yield made
    made.socket.close()


@pytest.fixture
def sink(listening: Journal) -> journal.JournalSink:
    return journal.JournalSink(LineSink(), listening.path)


def test_each_fact_is_a_field_and_the_message_can_be_read(listening: Journal, sink: journal.JournalSink) -> None:
    sink.write(
        {"event": "job_claimed", "level": "warning", "timestamp": "t", "job": "06h0", "attempt": 2, "alone": True}
    )
    assert listening.entry() == {
        "MESSAGE": "job_claimed job=06h0 attempt=2 alone=true",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "mezzotint",
        "MEZZOTINT_EVENT": "job_claimed",
        "MEZZOTINT_JOB": "06h0",
        "MEZZOTINT_ATTEMPT": "2",
        "MEZZOTINT_ALONE": "true",
    }


def test_no_value_and_no_name_can_forge_a_field(listening: Journal, sink: journal.JournalSink) -> None:
    forged = "x\nPRIORITY=0\nMESSAGE=all is well\n"
    sink.write({"event": "file_refused", "level": "info", "timestamp": "t", "why": forged, "a=b\nPRIORITY": "0"})
    entry = listening.entry()
    assert entry["MEZZOTINT_WHY"] == forged
    assert entry["MEZZOTINT_A_B_PRIORITY"] == "0"
    assert entry["PRIORITY"] == "6"
    assert "\n" not in entry["MESSAGE"]
    assert len(entry) == 6


def test_a_long_event_is_cut_and_a_wrong_character_kept_out(listening: Journal, sink: journal.JournalSink) -> None:
    sink.write({"event": "x", "level": "info", "timestamp": "t", "text": "é\x1b[2J\ud800" * 9_000})
    assert len(listening.entry()["MEZZOTINT_TEXT"]) < 1_000


def test_without_a_journal_the_lines_go_to_the_descriptor(tmp_path: Path) -> None:
    far, near = os.pipe()
    journal.JournalSink(LineSink(near), tmp_path / "gone").write({"event": "x", "level": "info", "timestamp": "t"})
    assert b'"event": "x"' in os.read(far, 4096)
    os.close(far)
    os.close(near)


def test_a_journal_that_takes_nothing_blocks_nothing_and_learns_what_it_missed(
    listening: Journal, sink: journal.JournalSink
) -> None:
    for number in range(2_000):
        sink.write({"event": "x", "level": "info", "timestamp": "t", "number": number})
    listening.socket.setblocking(False)
    taken = 0
    try:
        while True:
            listening.entry()
            taken += 1
    except BlockingIOError:
        pass
    assert 0 < taken < 2_000
    listening.socket.settimeout(5)
    sink.write({"event": "x", "level": "info", "timestamp": "t"})
    assert listening.entry()["MEZZOTINT_LINES_DROPPED"] == str(2_000 - taken)


def test_the_journal_is_used_only_when_it_reads_our_standard_error() -> None:
    facts = os.fstat(2)
    assert journal.connected({"JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino}"})
    assert not journal.connected({"JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino + 1}"})
    assert not journal.connected({})
    assert not journal.connected({"JOURNAL_STREAM": "1:1"}, 987)
