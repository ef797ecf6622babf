"""How a process ended, in plain words."""

from __future__ import annotations

import signal

_MEANINGS = {
    signal.SIGKILL: "killed, by an operator or because memory ran out",
    signal.SIGSEGV: "it touched memory that is not its own, a fault of a library or a driver",
    signal.SIGABRT: "a library gave up",
    signal.SIGBUS: "a file or memory under it went away",
    signal.SIGILL: "a library uses instructions that this processor does not have",
    signal.SIGFPE: "a library divided by zero",
    signal.SIGTERM: "asked to end",
}


def exit_reason(returncode: int) -> str:
    """``returncode`` as the subprocess module tells it: negative for a signal."""
    if returncode >= 0:
        return f"the engine exited with status {returncode}"
    try:
        number = signal.Signals(-returncode)
    except ValueError:
        return f"the engine was ended by signal {-returncode}"
    meaning = _MEANINGS.get(number)
    return f"the engine was ended by {number.name}" + (f" ({meaning})" if meaning else "")
