"""The real daemon as a child process, for tests that use the product from outside."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support import command_environment, prepared

COMMAND = (str(Path(sys.executable).with_name("mezzotint")),)
TERMINAL = frozenset({"done", "failed", "cancelled", "dead"})


class SocketConnection(http.client.HTTPConnection):
    """HTTP over the control socket, kept open between requests."""

    def __init__(self, path: Path, timeout: float = 30.0) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))

    def call(self, method: str, path: str, body: object | None = None) -> tuple[int, Any]:
        """One request; the status code and the JSON answer."""
        data = None if body is None else json.dumps(body)
        self.request(method, path, body=data, headers={"content-type": "application/json"} if data else {})
        response = self.getresponse()
        return response.status, json.loads(response.read() or b"null")


class LiveDaemon:
    """One state directory and, while it runs, the daemon on it.

    A daemon is forked from a process that has imported everything, unless the environment, the command or ``cold`` ask
    for a start from nothing: see :mod:`support.prepared`.
    """

    cold = False
    """Set for all long runs and figures."""

    def __init__(
        self, state_dir: Path, environment: Mapping[str, str] | None = None, *, command: Sequence[str] = COMMAND
    ) -> None:
        self.state_dir = state_dir
        self.command = tuple(command)
        self.environment = {**command_environment.environment(state_dir), **(environment or {})}
        self.process: subprocess.Popen[bytes] | prepared.Started | None = None
        self.log = state_dir.with_name(f"{state_dir.name}.log")

    @property
    def socket(self) -> Path:
        return self.state_dir / "run" / "control.sock"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self, seconds: float = 90.0) -> float:
        """Start and wait until it answers; returns how many seconds that took."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            if self._may_be_prepared():
                self.process = prepared.start(["run"], self.environment, log, log, script=self._script())
            else:
                self.process = subprocess.Popen(
                    [*self.command, "run"], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
        self.until(self._answers, seconds, "the daemon answers")
        return time.monotonic() - began

    def _may_be_prepared(self) -> bool:
        known = self.command == COMMAND or self._script() is not None
        return not self.cold and known and prepared.suits(self.environment)

    def _script(self) -> str | None:
        """What stands for the command, where the command is a script of ours."""
        first, name = self.command[:-1], self.command[-1]
        return name if first == (sys.executable, "-P") and name.endswith(".py") else None

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self.process.returncode}:\n{self.tail()}")
        try:
            with self.connection() as connection:
                return connection.call("GET", "/v1/status")[0] == 200
        except OSError:
            return False

    def tail(self, characters: int = 4000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""

    def kill(self) -> None:
        """``kill -9``, and wait until it is gone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError(f"the daemon did not stop in {seconds} s:\n{self.tail()}") from None

    @contextmanager
    def connection(self) -> Iterator[SocketConnection]:
        connection = SocketConnection(self.socket)
        try:
            yield connection
        finally:
            connection.close()

    def call(self, method: str, path: str, body: object | None = None) -> Any:
        """One request on a fresh connection; raises on an error answer."""
        with self.connection() as connection:
            status, answer = connection.call(method, path, body)
        assert status < 400, answer
        return answer

    def submit(self, prompt: str, **fields: Any) -> str:
        """Queue one job; its id once it is committed. Unknown names go into the body as they are."""
        return str(self.call("POST", "/v1/jobs", {"prompt": prompt, **fields})["id"])

    def jobs(self, **query: str) -> list[dict[str, Any]]:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return list(self.call("GET", f"/v1/jobs?{text}"))

    def job(self, job_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/v1/jobs/{job_id}"))

    def status(self) -> dict[str, Any]:
        return dict(self.call("GET", "/v1/status"))

    def wait(self, *job_ids: str, seconds: float = 60.0) -> list[dict[str, Any]]:
        """The jobs once all have ended. Asks seldom: on two cores every question is time that the engine lacks."""
        found: dict[str, dict[str, Any]] = {}

        def ended() -> bool:
            missing = [job_id for job_id in job_ids if job_id not in found]
            for start in range(0, len(missing), 200):
                query = "&".join(f"id={job_id}" for job_id in missing[start : start + 200])
                jobs = self.call("GET", f"/v1/jobs?{query}")
                found.update({job["id"]: job for job in jobs if job["state"] in TERMINAL})
            return len(found) == len(set(job_ids))

        self.until(ended, seconds, "all jobs have ended")
        return [found[job_id] for job_id in job_ids]

    def until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Poll until the condition holds; fails with the end of the log after the deadline."""
        deadline, pause = time.monotonic() + seconds, 0.02
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {what}\n{self.tail()}")
            time.sleep(pause)
            pause = min(1.3 * pause, 0.2)

    def command_line(self, *arguments: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        """The command on the same state directory."""
        if self._may_be_prepared():
            return self._prepared_line(arguments, seconds)
        return subprocess.run(
            [*self.command, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def _prepared_line(self, arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = prepared.start(arguments, self.environment, out, err, script=self._script())
            try:
                status = process.wait(seconds)
            finally:
                process.kill()
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(process.args, status, out.read().decode(), err.read().decode())
