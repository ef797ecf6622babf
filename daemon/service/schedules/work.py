"""From a due time to the submission of its job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from daemon.schedules import local_times
from daemon.schedules.template import template as templates
from daemon.schedules.template.template import EVOLVING_STRENGTH
from daemon.schedules.template.wildcards import DIRECTORY
from daemon.schedules.template.words import Occasion
from daemon.service.schedules import targets
from daemon.service.submission import Submission
from storage.schedules import Definition

LANE = "scheduled"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last picture of the series."""

    picture: str
    png: bytes


Last = Callable[[str], Awaitable[Earlier | None]]
"""The last picture of the schedule with this id."""


def submission(
    schedule: str, definition: Definition, due: int, number: int, state_dir: Path, last: Earlier | None = None
) -> Submission:
    """The job of run ``number``, the same whenever it is asked for. :class:`config.errors.UserError` when a list that
    it draws from is gone."""
    made = fields(schedule, definition, due, number, state_dir)
    if evolves(definition):
        if last is not None:
            made.pop("image", None)
            made.setdefault("denoising_strength", EVOLVING_STRENGTH)
        elif "image" not in made:
            made.pop("denoising_strength", None)
    about = {"schedule": schedule, "name": definition.name, "due": due}
    origin, deliver = targets.origin(definition.target, about)
    return Submission(
        fields=made,
        owner=definition.owner,
        lane=LANE,
        key=f"schedule-{schedule}-{due}",
        origin=origin,
        deliver=deliver,
        image=None if last is None else last.png,
        parent=None if last is None else last.picture,
        groups=(f"schedule:{definition.name}", *targets.groups(definition.target)),
    )


def fields(schedule: str, definition: Definition, due: int, number: int, state_dir: Path) -> dict[str, Any]:
    """The request of run ``number`` with its places filled in."""
    template = templates.of_json(definition.template)
    shown = local_times.local(due, ZoneInfo(definition.time_zone))
    return template.fields(Occasion(schedule, definition.name, due, shown, number), state_dir / DIRECTORY)


def evolves(definition: Definition) -> bool:
    """Each picture starts from the one before."""
    return bool(definition.template["evolve"])
