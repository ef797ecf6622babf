"""Log events with their fields, to systemd's journal: ``journalctl -u mezzotint MEZZOTINT_JOB=...`` finds them.

One datagram an event, in the journal's own form (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): ``NAME=value`` a line,
and where a value has lines of its own its length goes before it, so that no value can begin another field.
"""

from __future__ import annotations

import json
import os
import re
import socket
import struct
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from daemon.logs.lines import LineSink, bounded, harmless

SOCKET = Path("/run/systemd/journal/socket")
VARIABLE = "JOURNAL_STREAM"
"""Device and inode of what systemd connected to our standard error."""
IDENTIFIER = "mezzotint"
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2, "exception": 3}
_NO_FIELD = re.compile("[^A-Z0-9_]+")
_SAID_ALREADY = frozenset({"timestamp", "level", "event"})


def connected(environ: Mapping[str, str], descriptor: int = 2) -> bool:
    """Whether what is written to the descriptor goes into the journal."""
    try:
        facts = os.fstat(descriptor)
    except OSError:
        return False
    return environ.get(VARIABLE) == f"{facts.st_dev}:{facts.st_ino}"


class JournalSink:
    """Sends events for as long as the journal takes them; while it is away they are written as lines."""

    def __init__(self, lines: LineSink, path: Path = SOCKET) -> None:
        self._lines = lines
        self._path = str(path)
        self._dropped = 0

    def write(self, event: MutableMapping[str, Any]) -> None:
        """Send the event; never blocks and never raises."""
        if self._dropped:
            event["lines_dropped"] = self._dropped
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.setblocking(False)
                channel.sendto(entry_of(event), self._path)
        except BlockingIOError:
            self._dropped += 1
        except OSError:
            self._lines.write(event)
        else:
            self._dropped = 0


def entry_of(event: MutableMapping[str, Any]) -> bytes:
    """The datagram of an event: a readable message, its priority, and a field for each fact."""
    facts = bounded(event)
    words = [str(facts["event"]), *(f"{name}={_text(facts[name])}" for name in facts if name not in _SAID_ALREADY)]
    fields = {
        "MESSAGE": harmless(" ".join(words)),
        "PRIORITY": str(PRIORITIES.get(str(facts["level"]), 6)),
        "SYSLOG_IDENTIFIER": IDENTIFIER,
    }
    for name in facts.keys() - {"timestamp", "level"}:  # the journal has both in a form of its own
        fields[_field(name)] = _text(facts[name])
    return b"".join(_framed(name, value) for name, value in fields.items())


def _field(name: str) -> str:
    return f"MEZZOTINT_{_NO_FIELD.sub('_', name.upper())}"[:64]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _framed(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "replace")
    if b"\n" not in data:
        return name.encode() + b"=" + data + b"\n"
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
