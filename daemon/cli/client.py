"""The native API as the command line uses it: HTTP over the control socket.

``http.client`` over a socket of our own instead of httpx: importing that takes 0.12 s, a third of what a
command may take to start.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from config.errors import (
    BusyError,
    ConfigurationError,
    ConflictError,
    FatalError,
    MezzotintError,
    NotFoundError,
    Problem,
    QuotaError,
    UserError,
)
from daemon import lock
from daemon.cli.exits import LostDaemonError, NoDaemonError

TIMEOUT_SECONDS = 60.0
"""For answers that need no drawing, and between two lines of an event stream (which has a heartbeat)."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        caller.settimeout(self.timeout)
        try:
            caller.connect(str(self._path))
        except OSError:
            caller.close()
            raise
        self.sock = caller


class Client:
    """Calls of one daemon. Errors that it answers are raised as what they were there."""

    def __init__(self, path: Path, lock_file: Path | None = None, patience_seconds: float = TIMEOUT_SECONDS) -> None:
        """``lock_file`` is the daemon's, where that is known: it tells one that does not answer from none.

        ``patience_seconds`` is for answers to a GET.
        """
        self._patience_seconds = patience_seconds
        self._path = path
        self._lock_file = lock_file
        self._open: _Connection | None = None

    def close(self) -> None:
        """Give the connection back."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def get(self, path: str, **query: Any) -> Any:
        """The JSON answer of a GET; ``None`` values of the query are left out, lists are repeated."""
        return json.loads(self.fetch(path, **query))

    def fetch(self, path: str, **query: Any) -> bytes:
        """The answer of a GET as it is."""
        return self._read(self._send("GET", _with_query(path, query), None, self._patience_seconds))

    def post(self, path: str, body: dict[str, Any] | None = None, *, timeout: float | None = TIMEOUT_SECONDS) -> Any:
        """The JSON answer of a POST; without a ``timeout`` it may take as long as the drawing does."""
        return json.loads(self._read(self._send("POST", path, body, timeout)))

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON answer of a PUT."""
        return json.loads(self._read(self._send("PUT", path, body, TIMEOUT_SECONDS)))

    def delete(self, path: str) -> Any:
        """The JSON answer of a DELETE."""
        return json.loads(self._read(self._send("DELETE", path, None, TIMEOUT_SECONDS)))

    def lines(self, path: str, body: dict[str, Any] | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """The objects of a stream, on a connection of its own; with a ``body`` it is the answer of a POST."""
        stream = Client(self._path)
        try:
            method = "GET" if body is None else "POST"
            response = stream._send(method, _with_query(path, query), body, TIMEOUT_SECONDS)
            if response.status >= 400:
                stream._read(response)
            while line := response.readline():
                yield json.loads(line)
        except (OSError, http.client.HTTPException) as error:
            raise LostDaemonError from error
        finally:
            stream.close()

    def answers(self) -> bool:
        """Whether a daemon is there."""
        try:
            self.fetch("/v1/status")
        except (NoDaemonError, LostDaemonError):
            return False
        return True

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, timeout: float | None
    ) -> http.client.HTTPResponse:
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"content-type": "application/json"}
        connection = self._connected(timeout)
        try:
            connection.request(method, path, body=data, headers=headers)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise LostDaemonError from error

    def _connected(self, timeout: float | None) -> _Connection:
        if self._open is not None and self._open.sock is not None:
            self._open.sock.settimeout(timeout)
            return self._open
        self._open = _Connection(self._path, timeout)
        try:
            self._open.connect()
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            self.close()
            raise self._nobody() from None
        except PermissionError:
            self.close()
            raise FatalError(f"you may not connect to {self._path}", hint=_admission(self._path)) from None
        except OSError as error:
            self.close()
            raise ConfigurationError(f"can't connect to {self._path}: {error}", field="state_dir") from None
        return self._open

    def _nobody(self) -> NoDaemonError:
        try:
            pid = None if self._lock_file is None else lock.owner(self._lock_file)
        except OSError:  # an operator may use the socket and need not see the state directory
            pid = None
        if pid is not None:
            return NoDaemonError(
                f"the daemon (pid {pid}) does not answer yet at {self._path}: it is starting, or stopping",
                hint="its log says what it waits for",
            )
        return NoDaemonError(f"no daemon listens at {self._path}", hint="start it with: mezzotint run")

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise LostDaemonError from error
        if response.status >= 400:
            raise _error(response.status, data)
        return data


def _admission(path: Path) -> str:
    """How to be let in: the group of the socket's directory is that of its operators."""
    try:
        import grp  # not on every start: only whoever was refused needs it

        about = path.parent.stat()
        if about.st_mode & 0o010:
            name = grp.getgrgid(about.st_gid).gr_name
            return f"an administrator can admit you: usermod -aG {name} YOUR-NAME; then log in anew"
    except (ImportError, KeyError, OSError):
        pass
    return "ask its operator, or use a state directory of your own"


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="") or "%20"


def _with_query(path: str, query: dict[str, Any]) -> str:
    wanted = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(wanted, doseq=True)}" if wanted else path


def _error(status: int, data: bytes) -> MezzotintError:
    try:
        said = json.loads(data)["error"]
        message, field, hint = str(said["message"]), said.get("field"), said.get("hint")
    except (ValueError, KeyError, TypeError):
        return FatalError(f"the daemon answered {status} in a form this command does not know")
    if problems := said.get("problems"):
        return ConfigurationError.of(*(Problem(each["key"], each["message"], each["hint"]) for each in problems))
    if status == 429:
        return QuotaError(message, hint=hint)
    by_status: dict[int, type[MezzotintError]] = {404: NotFoundError, 409: ConflictError, 503: BusyError}
    kind = by_status.get(status, UserError if status < 500 else FatalError)
    return kind(message, field=field, hint=hint)
