"""The text beside a failed file: what went wrong, line by line, and how to try again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from frontends.files import paths

MAX_LINES = 1_000

Problem = tuple[int, str]
"""The line, or 0 for the file as a whole, and why."""


def line_of(problem: Problem) -> str:
    """One problem in words."""
    line, why = problem
    return f"line {line}: {why}" if line else why


def compose(
    *,
    name: str,
    order_id: str,
    folder: Path,
    taken_at: int,
    problems: list[Problem],
    drawn: int,
) -> str:
    """``name`` is where the file was dropped; ``drawn`` counts the jobs whose pictures were delivered."""
    own = paths.shown(paths.split(name)[1])
    taken = datetime.fromtimestamp(taken_at / 1000, UTC)
    said = [f"{own}: " + (f"{drawn} of {drawn + len(problems)} jobs were drawn." if drawn else "nothing was drawn.")]
    said.append("")
    said += [line_of(problem) for problem in problems[:MAX_LINES]]
    if len(problems) > MAX_LINES:
        said.append(f"... and {len(problems) - MAX_LINES} more lines")
    back = folder.joinpath(*paths.split(paths.shown(name))[0])
    said += ["", f"To try again: mend what is named above and move {own} back into {back}"]
    if drawn:
        said.append("Every line is then drawn again; delete the lines that were drawn to draw only the others.")
    said.append("")
    said.append(f"Order {order_id}, taken {taken:%Y-%m-%d %H:%M:%S} UTC")
    return "\n".join(said) + "\n"
