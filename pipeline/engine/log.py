"""What the engine process says on stderr: a JSON object a line, never a prompt. The daemon passes it on."""

from __future__ import annotations

import json
import sys
import traceback

Value = str | int | float | bool | None


def event(name: str, /, **facts: Value) -> None:
    """One line."""
    sys.stderr.write(json.dumps({"event": name, **facts}) + "\n")
    sys.stderr.flush()


def exception(name: str, error: BaseException, /) -> None:
    """What was raised and where, without the values: these may be somebody's words."""
    where = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-8:]
    ]
    event(name, level="error", error=type(error).__name__, where=" < ".join(reversed(where)))
