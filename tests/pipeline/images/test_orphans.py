"""No decoder outlives the daemon that started it."""

from __future__ import annotations

import os
import subprocess
import sys

from support.processes import children_of, wait_until_gone

from pipeline.images import child

PARENT = """
import os, subprocess, sys, threading
run = lambda: subprocess.run([sys.executable, "-I", sys.argv[1], "4096", "60", str(os.getpid())])
threading.Thread(target=run).start()
print("up", flush=True)
"""


def test_a_decoder_is_gone_soon_after_its_parent_was_killed() -> None:
    """It waits for bytes that never come: the test, and not the parent, holds the other end of its input."""
    reading, writing = os.pipe()
    command = [sys.executable, "-c", PARENT, str(child.SCRIPT)]
    with subprocess.Popen(command, stdin=reading, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        os.write(writing, b"\x89PNG")
        while not (decoders := children_of(parent.pid)):
            pass
        os.set_blocking(reading, False)
        while _unread(reading):
            pass  # until the decoder has asked the kernel for its own end, and reads
        parent.kill()
    for decoder in decoders:
        wait_until_gone(decoder, 5)
    os.close(reading)
    os.close(writing)


def _unread(pipe: int) -> bool:
    import fcntl
    import struct
    import termios

    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0] > 0


def test_a_decoder_whose_parent_is_somebody_else_does_nothing() -> None:
    ended = subprocess.run(
        [sys.executable, "-I", str(child.SCRIPT), "4096", "5", "1"], input=b"", capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, b"")
