"""Words in a prompt that make the fake engine misbehave, so that tests need no hook inside the daemon.

``[crash]`` dies by SIGKILL · ``[segv]`` by SIGSEGV · ``[exit]`` leaves with status 3 · ``[raise]`` raises
``[hang]`` never ends a forward · ``[slow]`` makes its forwards ten times as long
``[load-crash]`` and ``[load-hang]`` do so while the model is loaded (the fake engine loads it for the first job)
``[tight]`` fits into memory only when it is drawn by itself in low-memory mode, ``[oom]`` not even then
``[fail-user]`` ends as the request's own fault
``[fatal]`` ends as nobody's fault that a retry could mend
``[corrupt]`` sends pixels that do not match their digest · ``[short]`` sends too few pixels
``[fail-once]``, ``[crash-once]``, ``[hang-once]``, ``[load-crash-once]``, ``[load-hang-once]`` do so
at the first attempt only

They act at the job's second forward (the first, when it has one only): its neighbours are in the same batch by then.
"""

from __future__ import annotations

import os
import re
import signal
import time

from pipeline.messages import Draw, Failed

WORDS = frozenset(
    {
        "crash",
        "segv",
        "exit",
        "raise",
        "hang",
        "slow",
        "load-crash",
        "load-hang",
        "tight",
        "oom",
        "fail-user",
        "fatal",
        "corrupt",
        "short",
        "fail-once",
        "crash-once",
        "hang-once",
        "load-crash-once",
        "load-hang-once",
    }
)

SLOW_FACTOR = 10


def commands(draw: Draw) -> frozenset[str]:
    """The words of this prompt that are commands at this attempt."""
    said = WORDS.intersection(re.findall(r"\[([a-z-]+)\]", draw.task.prompt))
    once = {word for word in said if word.endswith("-once")}
    if draw.attempt == 1:
        said |= {word.removesuffix("-once") for word in once}
    return said - once


def misbehave(wanted: frozenset[str]) -> None:
    """Do what takes the whole process along, if it is wanted."""
    if "crash" in wanted:
        os.kill(os.getpid(), signal.SIGKILL)
    if "segv" in wanted:
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)
    if "exit" in wanted:
        os._exit(3)
    if "raise" in wanted:
        raise RuntimeError("the fake engine was told to raise")
    while "hang" in wanted:
        time.sleep(3600)


def misload(wanted: frozenset[str]) -> None:
    """The same while a model is loaded."""
    misbehave(frozenset(word.removeprefix("load-") for word in wanted if word.startswith("load-")))


def failure(draw: Draw, wanted: frozenset[str]) -> Failed | None:
    """The failure that is wanted, if one is."""
    if "oom" in wanted:
        return Failed(
            job=draw.job,
            attempt=draw.attempt,
            kind="user",
            message=f"a picture of {draw.task.width}x{draw.task.height} does not fit into the memory of fake",
            field="width",
            hint="ask for a smaller size",
        )
    if "fail" in wanted:
        return Failed(job=draw.job, attempt=draw.attempt, kind="retryable", message="it did not work this time")
    if "fail-user" in wanted:
        return Failed(
            job=draw.job,
            attempt=draw.attempt,
            kind="user",
            message="this can't be drawn",
            field="prompt",
            hint="leave the word [fail-user] out",
        )
    if "fatal" in wanted:
        return Failed(job=draw.job, attempt=draw.attempt, kind="fatal", message="this will never work")
    return None
