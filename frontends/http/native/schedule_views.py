"""What the API shows of recurring orders. Moments are UTC in ISO 8601; ``local`` is what clocks in the zone show."""

from __future__ import annotations

from typing import Any

# Not typing's: pydantic, which describes the API from these, refuses that one below Python 3.12.
from typing_extensions import TypedDict

from daemon.service import OccurrenceReport, Run, ScheduleReport
from frontends.http.native.views import moment


class DueView(TypedDict):
    """A due time to come."""

    due: str
    local: str


class RunView(TypedDict):
    """A due time to come, what is odd about it, when it is carried out (with its jitter), and what will be drawn."""

    due: str
    local: str
    note: str
    at: str
    n: int
    prompt: str
    seed: int


class PreviewView(TypedDict):
    """What a schedule that is not kept would mean."""

    explained: str
    runs: list[RunView]


class OccurrenceView(TypedDict):
    """A due time that was decided; ``job`` is null where none ran, ``state`` and ``why`` say why."""

    due: str
    local: str
    state: str
    why: str | None
    job: str | None
    n: int | None
    late_ms: int | None


class ScheduleView(TypedDict):
    """A schedule; ``state`` is ``active``, ``paused``, ``over`` or ``disabled``, ``next`` null when nothing is due."""

    name: str
    state: str
    paused_why: str | None
    explained: str
    kind: str
    expression: str
    time_zone: str
    gap: str
    overlap: str
    catch_up: str
    jitter_s: float
    starts_at: str | None
    ends_at: str | None
    max_runs: int | None
    max_in_flight: int
    quiet_hours: str | None
    owner: str
    from_file: bool
    request: dict[str, Any]
    seed_rule: str
    lists: dict[str, list[str]]
    evolve: bool
    target: dict[str, Any]
    runs: int
    failures: int
    created_at: str
    next: DueView | None


class WholeScheduleView(ScheduleView):
    """A schedule with its last due times, the newest last."""

    occurrences: list[OccurrenceView]


class StartedView(TypedDict):
    """A run that was asked for."""

    job: str


def of_schedule(report: ScheduleReport) -> ScheduleView:
    """A schedule and how it stands."""
    known = report.schedule
    said = known.definition
    following = None
    if known.next is not None and report.next_local is not None:
        following = DueView(due=moment(known.next.due_at), local=report.next_local)
    return ScheduleView(
        name=said.name,
        state=report.state,
        paused_why=known.paused_why,
        explained=report.explained,
        kind=said.kind,
        expression=moment(int(said.expression)) if said.kind == "at" else said.expression,
        time_zone=said.time_zone,
        gap=said.gap,
        overlap=said.overlap,
        catch_up=said.catch_up,
        jitter_s=said.jitter_ms / 1000,
        starts_at=None if said.starts_at is None else moment(said.starts_at),
        ends_at=None if said.ends_at is None else moment(said.ends_at),
        max_runs=said.max_runs,
        max_in_flight=said.max_in_flight,
        quiet_hours=said.quiet_hours,
        owner=said.owner,
        from_file=known.from_file,
        request=dict(said.template["request"]),
        seed_rule=said.template["seed_rule"],
        lists=said.template["lists"],
        evolve=said.template["evolve"],
        target=dict(said.target),
        runs=known.runs,
        failures=known.failures,
        created_at=moment(known.created_at),
        next=following,
    )


def of_whole_schedule(report: ScheduleReport) -> WholeScheduleView:
    """With its due times."""
    return WholeScheduleView(
        **of_schedule(report), occurrences=[of_occurrence(occurrence) for occurrence in report.occurrences]
    )


def of_occurrence(occurrence: OccurrenceReport) -> OccurrenceView:
    """A due time that was decided."""
    return OccurrenceView(
        due=moment(occurrence.due_at),
        local=occurrence.local,
        state=occurrence.state,
        why=occurrence.why,
        job=occurrence.job,
        n=occurrence.number,
        late_ms=occurrence.late_ms,
    )


def of_run(run: Run) -> RunView:
    """A due time to come."""
    return RunView(
        due=moment(run.due_at),
        local=run.local,
        note=run.note,
        at=moment(run.at),
        n=run.number,
        prompt=run.prompt,
        seed=run.seed,
    )
