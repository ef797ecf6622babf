"""From a draft to a definition: everything that can be judged without the queue."""

from __future__ import annotations

import re
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

from config.errors import UserError
from config.settings import Settings
from daemon.schedules import calendar_rule, catch_up, cron, jitter, local_times, quiet_hours, spans, zones
from daemon.schedules.local_times import Gap, Overlap
from daemon.schedules.template import seeds
from daemon.schedules.template.template import FILLED, Template
from daemon.schedules.timetable import LAST, Timetable
from daemon.service.intake import OWNER
from daemon.service.schedules import targets
from daemon.service.schedules.draft import Draft
from storage.schedules import Definition, Next, Schedule

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
MAX_JITTER_SECONDS = 86_400
MAX_IN_FLIGHT = 100
MAX_RUNS = 10**9
KINDS = ("cron", "every", "calendar", "at")


def define(draft: Draft, settings: Settings, *, image: str | None) -> Definition:
    """:class:`UserError` names the field of what is wrong."""
    if not NAME.fullmatch(draft.name):
        raise UserError(
            f"name: {draft.name[:70]!r} is no name", field="name", hint="letters, digits, ._- and at most 63 of them"
        )
    usual = settings.schedules.time_zone
    named = usual if draft.time_zone is None else draft.time_zone
    zone = zones.zone(zones.of_this_machine() if named == "auto" else named)
    kind, expression = _when(draft, zone)
    owner = draft.owner or f"schedule:{draft.name}"
    if not OWNER.fullmatch(owner):
        raise UserError("owner: must look like source:name", field="owner")
    catch_up.parse(draft.catch_up)
    return Definition(
        name=draft.name,
        owner=owner,
        kind=kind,
        expression=expression,
        time_zone=zone.key,
        gap=_one_of("gap", draft.gap, get_args(Gap)),
        overlap=_one_of("overlap", draft.overlap, get_args(Overlap)),
        catch_up=draft.catch_up.strip().lower(),
        jitter_ms=_jitter(draft.jitter),
        starts_at=_optional_moment("starts_at", draft.starts_at, zone),
        ends_at=_optional_moment("ends_at", draft.ends_at, zone),
        max_runs=None if draft.max_runs is None else _bounded("max_runs", draft.max_runs, MAX_RUNS),
        max_in_flight=_bounded("max_in_flight", draft.max_in_flight, MAX_IN_FLIGHT),
        quiet_hours=_quiet(draft.quiet_hours),
        template=_template(draft, image).as_json(),
        target=targets.checked(draft.target, settings),
        image=image,
    )


def timetable(definition: Definition, anchor_at: int) -> Timetable:
    """The due times of a definition that counts from ``anchor_at``."""
    return Timetable(
        kind=definition.kind,  # type: ignore[arg-type]
        expression=definition.expression,
        time_zone=definition.time_zone,
        gap=definition.gap,  # type: ignore[arg-type]
        overlap=definition.overlap,  # type: ignore[arg-type]
        anchor_at=anchor_at,
        starts_at=definition.starts_at,
        ends_at=definition.ends_at,
        quiet_hours=definition.quiet_hours,
    )


def following(schedule: str, definition: Definition, anchor_at: int, after: int, runs_left: int | None) -> Next | None:
    """The next due time later than ``after`` of the schedule with this id."""
    if runs_left is not None and runs_left <= 0:
        return None
    due = timetable(definition, anchor_at).next_after(after)
    return None if due is None else Next(due.at, fires_at(schedule, definition, due.at))


def fires_at(schedule: str, definition: Definition, due: int) -> int:
    """When a due time is carried out."""
    return due + jitter.delay_ms(schedule, due, definition.jitter_ms)


def runs_left(schedule: Schedule) -> int | None:
    """How many more there may be; None: no end."""
    most = schedule.definition.max_runs
    return None if most is None else max(0, most - schedule.runs)


def moment(field: str, text: str, zone: ZoneInfo, gap: Gap = "next") -> int:
    """A moment in ISO 8601; by the clocks of the zone where it carries no offset. :class:`UserError`."""
    try:
        found = datetime.fromisoformat(text.strip())
        if found.tzinfo is not None:
            at = local_times.milliseconds(found)
        else:
            placed = local_times.placed(found.replace(fold=0), zone, gap, "first")[1]
            if not placed:
                raise UserError(f"{field}: clocks in {zone.key} never show {text.strip()}", field=field)
            at = placed[0].at
    except (ValueError, OverflowError):
        raise UserError(
            f"{field}: {text[:40]!r} is not a time", field=field, hint="write 2026-11-24T18:00, or with Z or an offset"
        ) from None
    if not 0 <= at <= LAST:
        raise UserError(f"{field}: is out of bounds", field=field)
    return at


def _when(draft: Draft, zone: ZoneInfo) -> tuple[str, str]:
    given = [(kind, text) for kind in KINDS if (text := getattr(draft, kind)) is not None]
    if len(given) != 1:
        raise UserError(f"say when by exactly one of {', '.join(KINDS)}", field="cron")
    kind, text = given[0]
    if kind == "cron":
        return kind, cron.checked(text)
    if kind == "every":
        spans.milliseconds(text, "every")
        return kind, "".join(text.split())
    if kind == "calendar":
        return kind, calendar_rule.parse(text).text
    gap = "skip" if draft.gap == "skip" else "next"
    return kind, str(moment("at", text, zone, gap))  # type: ignore[arg-type]


def _template(draft: Draft, image: str | None) -> Template:
    request = {name: value for name, value in draft.request.items() if value is not None}
    seed = request.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < seeds.MODULUS):
        raise UserError(f"seed: must be a whole number from 0 to {seeds.MODULUS - 1}", field="seed")
    for name in FILLED:
        if not isinstance(request.get(name, ""), str):
            raise UserError(f"{name}: must be a text", field=name)
    if image is not None:
        request["image"] = image
    template = Template(
        request=request,
        seed_rule=seeds.checked(draft.seed_rule, seed),
        lists={name: tuple(lines) for name, lines in draft.lists.items()},
        evolve=draft.evolve,
    )
    template.check()
    return template


def _one_of(field: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise UserError(f"{field}: must be one of {', '.join(known)}", field=field)
    return value


def _bounded(field: str, value: int, most: int) -> int:
    if not 1 <= value <= most:
        raise UserError(f"{field}: must be between 1 and {most}", field=field)
    return value


def _jitter(text: str | None) -> int:
    if text is None:
        return 0
    found = spans.milliseconds(text, "jitter", 0)
    if found > MAX_JITTER_SECONDS * 1000:
        raise UserError("jitter: must be at most a day", field="jitter")
    return found


def _quiet(text: str | None) -> str | None:
    if text is None:
        return None
    hours = quiet_hours.parse(text)
    return f"{hours.begin:%H:%M}-{hours.end:%H:%M}"


def _optional_moment(field: str, text: str | None, zone: ZoneInfo) -> int | None:
    return None if text is None else moment(field, text, zone)
