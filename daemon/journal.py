"""Log records to journald by its own protocol: fields that ``journalctl MEZZOTINT_JOB=...`` can ask for.

One datagram a record, never waiting; a record that is larger than a datagram goes as a sealed memory file.
"""

from __future__ import annotations

import array
import os
import re
import socket
import struct
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

SOCKET = Path("/run/systemd/journal/socket")
MAX_VALUE_BYTES = 64 * 1024
MAX_FIELDS = 200
PRIORITIES = {"critical": 2, "error": 3, "exception": 3, "warning": 4, "info": 6, "debug": 7}
NOT_SENT = frozenset({"timestamp", "level"})
"""The journal has fields of its own for these."""
_NOT_IN_NAMES = re.compile(r"[^A-Z0-9_]")
_SEALS = 0x1 | 0x2 | 0x4 | 0x8  # no seal, shrink, grow or write any more: what journald asks of a memory file
_ADD_SEALS = 1033


def is_journal(descriptor: int, environ: Mapping[str, str]) -> bool:
    """Whether what is written there goes to journald: ``$JOURNAL_STREAM`` names its device and inode."""
    try:
        about = os.fstat(descriptor)
    except OSError:
        return False
    return environ.get("JOURNAL_STREAM") == f"{about.st_dev}:{about.st_ino}"


class GoneError(Exception):
    """There is no journal to send to."""


def send(event: MutableMapping[str, Any], to: Path = SOCKET) -> bool:
    """False when it could not be taken at once; raises :class:`GoneError` when nobody listens there."""
    data = record_of(event)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            channel.connect(str(to))
            try:
                channel.send(data)
            except OSError as error:
                if isinstance(error, BlockingIOError) or not hasattr(os, "memfd_create"):
                    return False
                _send_as_file(channel, data)
    except BlockingIOError:
        return False
    except OSError as error:
        raise GoneError from error
    return True


def record_of(event: Mapping[str, Any]) -> bytes:
    """The fields of an event as journald reads them. No value can begin another field."""
    fields: dict[str, str] = {
        "MESSAGE": _message(event),
        "PRIORITY": str(PRIORITIES.get(str(event.get("level")), 6)),
        "SYSLOG_IDENTIFIER": "mezzotint",
    }
    for name, value in list(event.items())[:MAX_FIELDS]:
        if name not in NOT_SENT:
            fields[f"MEZZOTINT_{_NOT_IN_NAMES.sub('_', str(name).upper())}"[:64]] = str(value)
    return b"".join(_field(name, value) for name, value in fields.items())


def _field(name: str, text: str) -> bytes:
    value = text.encode("utf-8", "backslashreplace")[:MAX_VALUE_BYTES]
    if b"\n" not in value:
        return name.encode() + b"=" + value + b"\n"
    return name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"


def _message(event: Mapping[str, Any]) -> str:
    """One line for people: the event, then what belongs to it."""
    rest = (f"{name}={value}" for name, value in event.items() if name not in {*NOT_SENT, "event", "traceback"})
    line = " ".join((str(event.get("event")), *rest))[:2_000]
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)


def _send_as_file(channel: socket.socket, data: bytes) -> None:
    import fcntl

    file = os.memfd_create("journal", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with open(file, "wb", closefd=False) as writer:
            writer.write(data)
        fcntl.fcntl(file, _ADD_SEALS, _SEALS)
        channel.sendmsg([b""], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
    finally:
        os.close(file)
