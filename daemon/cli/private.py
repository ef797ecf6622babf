"""A daemon to talk to: the one that runs, else a private one for as long as it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from config.errors import ConfigurationError, FatalError, MezzotintError
from daemon.cli import exits
from daemon.cli.client import Client
from daemon.cli.invocation import Invocation

START_SECONDS = 60.0
LOOK_SECONDS = 0.03
STOP_SECONDS = 5.0
"""What it draws for others may go on for so long; then it is released, and the next daemon draws it."""


@contextmanager
def daemon(invocation: Invocation, *, draws: bool = True) -> Iterator[Client]:
    """The daemon of the state directory. A private one ends with the block, and with this process however that ends.

    A private one that does not draw only keeps the store; one that runs already goes on as it was.
    """
    client = invocation.settings_client()
    try:
        if client.answers():
            yield client
        else:
            with _started(invocation, client, draws):
                yield client
    finally:
        client.close()


@contextmanager
def _started(invocation: Invocation, client: Client, draws: bool) -> Iterator[None]:
    # Not a pipe: nobody would read it while we wait for the picture, and a full pipe stops the writer.
    with tempfile.TemporaryFile() as log:
        # Its own session, so that Ctrl-C comes to us alone: we cancel the job first. It dies with us all the same,
        # because its standard input is a pipe that only we hold.
        process = subprocess.Popen(
            _command(invocation, draws), stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(process, client, log)
            yield
        finally:
            _stop(process)


def _command(invocation: Invocation, draws: bool) -> list[str]:
    # -P: the working directory may hold a config.py of somebody else.
    command = [sys.executable, "-P", "-m", "daemon.cli.main", "run", "--private"]
    if not draws:
        command.append("--only-keep")
    return [*command, "--config", str(invocation.config)] if invocation.config else command


def _wait(process: subprocess.Popen[bytes], client: Client, log: IO[bytes]) -> None:
    """Until a daemon answers. When ours loses the race against another that is starting, that one will do."""
    deadline = time.monotonic() + START_SECONDS
    while not client.answers():
        code = process.poll()
        if code is not None and code != exits.TRY_AGAIN:
            raise _failure(code, _last_words(log))
        if time.monotonic() > deadline:
            raise FatalError(
                f"no daemon answered within {START_SECONDS:.0f} seconds", hint="look at it with: mezzotint run"
            )
        time.sleep(LOOK_SECONDS)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The end of its input asks it to stop, a signal insists."""
    assert process.stdin is not None
    for end in (process.stdin.close, process.terminate, process.kill):
        end()
        try:
            process.wait(STOP_SECONDS)
            return
        except subprocess.TimeoutExpired:
            continue


def _failure(code: int, words: str) -> MezzotintError:
    kind = ConfigurationError if code == exits.CONFIGURATION else FatalError
    return kind(f"the daemon did not start: {words or f'it ended with {code}'}", hint="look at it with: mezzotint run")


def _last_words(log: IO[bytes]) -> str:
    """What its log gives as the reason; a start that fails before there are logs says it in plain words."""
    log.seek(0)
    lines = [line for line in log.read()[-20_000:].decode(errors="replace").splitlines() if line.strip()]
    for line in reversed(lines):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("level") == "error":
            return str(said.get("why") or said.get("event"))
    return lines[-1].removeprefix("mezzotint: ").strip() if lines else ""
