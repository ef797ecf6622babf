"""How a process ended, in words."""

from __future__ import annotations

import signal

import pytest

from daemon.engines.exits import exit_reason


@pytest.mark.parametrize(
    ("returncode", "said"),
    [
        (0, "the engine exited with status 0"),
        (3, "the engine exited with status 3"),
        (-signal.SIGKILL, "the engine was ended by SIGKILL (killed, by an operator or because memory ran out)"),
        (-signal.SIGUSR1, "the engine was ended by SIGUSR1"),
        (-250, "the engine was ended by signal 250"),
    ],
)
def test_an_end_is_told_in_words(returncode: int, said: str) -> None:
    assert exit_reason(returncode) == said
