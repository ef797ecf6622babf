"""``make demo``: starts the daemon, drops a prompt into the watched folder, waits for the picture, stops the daemon.

The path of the picture is the last line on stdout; everything else goes to stderr. ``MEZZOTINT_STATE_DIR`` chooses
the state directory (default: ``demo-state`` in the checkout), ``DEMO_SECONDS`` how long to wait at most.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = Path(sys.executable).with_name("mezzotint")
PROMPT = "a red apple on a white background"
SECONDS = 300.0
STOP_SECONDS = 40.0
LOOK_SECONDS = 0.1
ANOTHER_RUNS = 75
LONGEST_STATE_DIR = 80
"""Bytes; the path of the control socket below it must stay under 108."""


class DemoError(Exception):
    """The demo can't end with a picture."""


def main() -> int:
    state = state_directory()
    log = state / "demo.log"
    try:
        say(f"state directory: {state}")
        with daemon(state, log) as process:
            picture = drawn(state, order(state), process)
    except DemoError as error:
        say(f"demo: {error}")
        if log.exists():
            say(f"the end of {log}:")
            say(log.read_text(errors="replace")[-4000:])
        return 1
    print(picture, flush=True)
    return 0


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def state_directory() -> Path:
    """The one that was asked for, else one in the checkout, unless sockets can't have so long a path there."""
    asked = os.environ.get("MEZZOTINT_STATE_DIR")
    own = Path(asked).expanduser().absolute() if asked else ROOT / "demo-state"
    if not asked and len(os.fsencode(own)) > LONGEST_STATE_DIR:
        name = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]
        own = Path(tempfile.gettempdir()) / f"mezzotint-demo-{os.getuid()}-{name}"
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    return own


@contextmanager
def daemon(state: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon on this state directory while the block lasts."""
    environment = {**os.environ, "MEZZOTINT_STATE_DIR": str(state)}
    with log.open("wb") as written:
        process = subprocess.Popen(
            [COMMAND, "run"], env=environment, stdin=subprocess.DEVNULL, stdout=written, stderr=written
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        say("demo: the daemon did not stop by itself and was killed")


def order(state: Path) -> str:
    """Put an order into the watched folder, whole, by renaming it into place; its name without the ending."""
    name = f"apple-{datetime.now():%Y%m%d-%H%M%S-%f}"
    inbox = state / "inbox"
    inbox.mkdir(mode=0o700, exist_ok=True)
    draft = state / f"{name}.draft"
    draft.write_text(f"{PROMPT}\n")
    draft.rename(inbox / f"{name}.txt")
    say(f"dropped into {inbox}: {name}.txt: {PROMPT}")
    return name


def drawn(state: Path, name: str, process: subprocess.Popen[bytes]) -> Path:
    """The picture of the order, once it lies in the outbox and the order in ``done/``."""
    seconds = float(os.environ.get("DEMO_SECONDS") or SECONDS)
    picture, failure = state / "outbox" / f"{name}.png", state / "failed" / f"{name}.txt.error.txt"
    deadline = time.monotonic() + seconds
    while not (picture.exists() and any((state / "done").rglob(f"{name}*"))):
        if failure.exists():
            raise DemoError(f"the order failed: {failure.read_text(errors='replace')}")
        ended = process.poll()
        if ended is not None and ended != ANOTHER_RUNS:
            raise DemoError(f"the daemon ended with {ended}")
        if time.monotonic() > deadline:
            raise DemoError(f"no picture within {seconds:.0f} seconds: {picture}")
        time.sleep(LOOK_SECONDS)
    return picture


if __name__ == "__main__":
    sys.exit(main())
