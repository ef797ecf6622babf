"""From whatever people and other tools call a scheduler to the one meant."""

from __future__ import annotations

import difflib
import re

from config.errors import UserError
from pipeline.schedulers.spec import SchedulerSpec
from pipeline.schedulers.table import SCHEDULERS, SGM_UNIFORM, SOLVERS, SWITCHES

_SPELLINGS = {
    # other tools' names of solvers, in the folded form of _fold()
    "dpm": "DPM++ 2M",
    "dpmsolver": "DPM++ 2M",
    "dpmsolvermultistep": "DPM++ 2M",
    "dpmpp": "DPM++ 2M",
    "kdpmpp2m": "DPM++ 2M",
    "dpmpp2msdegpu": "DPM++ 2M SDE",
    "dpmpp2mheun": "DPM++ 2M",
    "dpmpp2mheungpu": "DPM++ 2M",
    "dpmpp2msdeheun": "DPM++ 2M SDE",
    "dpmpp3msdegpu": "DPM++ 3M SDE",
    "dpmpp2sa": "DPM++ 2S",
    "dpmpp2sancestral": "DPM++ 2S",
    "dpmsolversinglestep": "DPM++ 2S",
    "dpmppsdegpu": "DPM++ SDE",
    "dpmsolversde": "DPM++ SDE",
    "keuler": "Euler",
    "eulerdiscrete": "Euler",
    "eulerancestral": "Euler a",
    "keulera": "Euler a",
    "keulerancestral": "Euler a",
    "eulerancestraldiscrete": "Euler a",
    "kheun": "Heun",
    "heundiscrete": "Heun",
    "kdpm2": "DPM2",
    "kdpm2discrete": "DPM2",
    "dpm2ancestral": "DPM2 a",
    "kdpm2a": "DPM2 a",
    "kdpm2ancestral": "DPM2 a",
    "kdpm2ancestraldiscrete": "DPM2 a",
    "klms": "LMS",
    "lmsdiscrete": "LMS",
    "plms": "PNDM",
    "plmspndm": "PNDM",
    "pndmplms": "PNDM",
    "unipcmultistep": "UniPC",
    "unipcbh2": "UniPC",
    "deismultistep": "DEIS",
    "sasolver": "SA Solver",
    "flowmatcheuler": "Flow Euler",
    "flowmatcheulerdiscrete": "Flow Euler",
    "flowmatchheun": "Flow Heun",
    "flowmatchheundiscrete": "Flow Heun",
    "flowmatchlcm": "Flow LCM",
}
_SCHEDULE_SPELLINGS = {
    # folded name of a schedule: the label in SCHEDULERS, or None for the model's own
    "": None,
    "automatic": None,
    "auto": None,
    "default": None,
    "normal": None,
    "simple": None,
    "uniform": None,
    "discrete": None,
    "karras": "Karras",
    "k": "Karras",
    "exponential": "Exponential",
    "exp": "Exponential",
    "beta": "Beta",
    "sgmuniform": SGM_UNIFORM,
    "sgm": SGM_UNIFORM,
    "trailing": SGM_UNIFORM,
}
_MAX_CHARACTERS = 100


def resolve(name: str, schedule: str | None = None) -> SchedulerSpec:
    """The scheduler that ``name`` means; ``schedule`` is its noise schedule where a tool gives that apart.

    Case, spaces, underscores and hyphens do not matter; ``dpmpp_2m_karras``, ``euler_ancestral`` and the class names
    of diffusers are understood. Raises :class:`UserError` (field ``scheduler``) with the nearest names.
    """
    folded = _fold(name)
    solver, label = _split(folded)
    if solver is None:
        raise _unknown(name)
    if schedule is not None and label is None:
        folded_schedule = _fold(schedule)
        if folded_schedule not in _SCHEDULE_SPELLINGS:
            raise UserError(
                f"scheduler: there is no noise schedule called {schedule[:40]!r}",
                field="scheduler",
                hint=f"the schedules are: {', '.join((*SWITCHES, SGM_UNIFORM))}",
            )
        label = _SCHEDULE_SPELLINGS[folded_schedule]
    wanted = solver if label is None else f"{solver} {label}"
    if wanted not in SCHEDULERS:
        having = ", ".join(spec.name for spec in SCHEDULERS.values() if spec.solver == solver)
        raise UserError(f"scheduler: {solver} has no {label} schedule", field="scheduler", hint=f"there is: {having}")
    return SCHEDULERS[wanted]


def _split(folded: str) -> tuple[str | None, str | None]:
    """Solver and schedule label of a folded name; the longest schedule ending wins."""
    if folded in _KNOWN:
        return _KNOWN[folded], None
    for ending in _ENDINGS:
        stem = folded.removesuffix(ending)
        if stem != folded and stem in _KNOWN:
            return _KNOWN[stem], _SCHEDULE_SPELLINGS[ending]
    return None, None


def _fold(name: str) -> str:
    """Lower case without separators; ``++`` is ``pp``, and the ending of diffusers' class names goes."""
    folded = name[:_MAX_CHARACTERS].lower().replace("++", "pp")
    return re.sub(r"[^a-z0-9]", "", folded).removesuffix("scheduler")


def _unknown(name: str) -> UserError:
    folded = {_fold(known): known for known in SCHEDULERS}
    nearest = difflib.get_close_matches(_fold(name), folded, n=4, cutoff=0.4)
    names = [folded[each] for each in nearest] or [solver.name for solver in SOLVERS]
    return UserError(
        f"scheduler: there is no scheduler called {name[:40]!r}",
        field="scheduler",
        hint=f"{'nearest' if nearest else 'there are'}: {', '.join(names)}",
    )


_KNOWN = {_fold(solver.name): solver.name for solver in SOLVERS} | _SPELLINGS
_ENDINGS = sorted(filter(None, _SCHEDULE_SPELLINGS), key=len, reverse=True)
