"""Schedulers by the names people know: a solver, optionally followed by the schedule of its noise levels.

Plain data, no torch: the engine builds ``class_name`` of diffusers from the model's own scheduler configuration
with ``options`` on top. Every spec sets all schedule switches its class has, so that a model whose configuration
turns one on still draws what the name says.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from config.errors import UserError

Option = str | int | float | bool

SWITCHES: Mapping[str, str] = MappingProxyType(
    {"Karras": "use_karras_sigmas", "Exponential": "use_exponential_sigmas", "Beta": "use_beta_sigmas"}
)
SGM_UNIFORM = "SGM Uniform"
"""Trailing time steps, as the models' authors sample them."""


@dataclass(frozen=True, slots=True)
class SchedulerSpec:
    """One scheduler: what it is called and how it is built."""

    name: str
    solver: str
    schedule: str | None
    class_name: str
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))
    flow: bool = False
    """For flow-matching models only (the others are for models that predict noise, v or the sample)."""
    requires: str | None = None
    """A further Python package that diffusers needs for it."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What of a model decides which schedulers can draw with it."""

    flow: bool
    """Trained by flow matching."""
    prediction_type: str
    """``epsilon``, ``v_prediction`` or ``sample`` (anything for flow models)."""
    zero_terminal_snr: bool
    """The last training step is pure noise: its sigma is infinite."""


@dataclass(frozen=True, slots=True)
class _Solver:
    name: str
    class_name: str
    schedules: tuple[str, ...]
    options: tuple[tuple[str, Option], ...] = ()
    flow: bool = False
    requires: str | None = None


_NONE: tuple[str, ...] = ()
_SPACED = (SGM_UNIFORM,)
_SIGMAS = ("Karras", "Exponential", "Beta")
_ALL = (*_SIGMAS, SGM_UNIFORM)
_MULTI = "DPMSolverMultistepScheduler"
_SINGLE = "DPMSolverSinglestepScheduler"

_SOLVERS = (
    _Solver("DPM++ 2M", _MULTI, _ALL, (("algorithm_type", "dpmsolver++"), ("solver_order", 2))),
    _Solver("DPM++ 3M", _MULTI, _ALL, (("algorithm_type", "dpmsolver++"), ("solver_order", 3))),
    _Solver("DPM++ 2M SDE", _MULTI, _ALL, (("algorithm_type", "sde-dpmsolver++"), ("solver_order", 2))),
    _Solver("DPM++ 3M SDE", _MULTI, _ALL, (("algorithm_type", "sde-dpmsolver++"), ("solver_order", 3))),
    _Solver("DPM++ 2S", _SINGLE, _SIGMAS, (("algorithm_type", "dpmsolver++"), ("solver_order", 2))),
    _Solver("DPM++ SDE", "DPMSolverSDEScheduler", _ALL, requires="torchsde"),
    _Solver("Euler", "EulerDiscreteScheduler", _ALL),
    _Solver("Euler a", "EulerAncestralDiscreteScheduler", _SPACED),
    _Solver("Heun", "HeunDiscreteScheduler", _ALL),
    _Solver("DPM2", "KDPM2DiscreteScheduler", _ALL),
    _Solver("DPM2 a", "KDPM2AncestralDiscreteScheduler", _ALL),
    _Solver("LMS", "LMSDiscreteScheduler", _ALL, requires="scipy"),
    _Solver("DDIM", "DDIMScheduler", _SPACED),
    _Solver("DDPM", "DDPMScheduler", _SPACED),
    _Solver("PNDM", "PNDMScheduler", _SPACED, (("skip_prk_steps", True),)),
    _Solver("IPNDM", "IPNDMScheduler", _NONE),
    _Solver("UniPC", "UniPCMultistepScheduler", _ALL),
    _Solver("DEIS", "DEISMultistepScheduler", _ALL),
    _Solver("SA Solver", "SASolverScheduler", _ALL),
    _Solver("LCM", "LCMScheduler", _NONE),
    _Solver("TCD", "TCDScheduler", _NONE),
    _Solver("Flow Euler", "FlowMatchEulerDiscreteScheduler", _SIGMAS, flow=True),
    _Solver("Flow Heun", "FlowMatchHeunDiscreteScheduler", _NONE, flow=True),
    _Solver("Flow LCM", "FlowMatchLCMScheduler", _NONE, flow=True),
    _Solver("Flow DPM++ 2M", _MULTI, _NONE, (("solver_order", 2), ("use_flow_sigmas", True)), flow=True),
    _Solver("Flow UniPC", "UniPCMultistepScheduler", _NONE, (("use_flow_sigmas", True),), flow=True),
    _Solver("Flow DEIS", "DEISMultistepScheduler", _NONE, (("use_flow_sigmas", True),), flow=True),
)


def _specs() -> Iterator[SchedulerSpec]:
    for solver in _SOLVERS:
        yield _spec(solver, None)
        for schedule in solver.schedules:
            yield _spec(solver, schedule)


def _spec(solver: _Solver, schedule: str | None) -> SchedulerSpec:
    options: dict[str, Option] = dict(solver.options)
    for label, switch in SWITCHES.items():
        if label in solver.schedules or (solver.name.startswith("Flow ") and solver.class_name.startswith(_CONVERTED)):
            options[switch] = label == schedule
    if schedule == SGM_UNIFORM:
        options["timestep_spacing"] = "trailing"
    return SchedulerSpec(
        name=solver.name if schedule is None else f"{solver.name} {schedule}",
        solver=solver.name,
        schedule=schedule,
        class_name=solver.class_name,
        options=MappingProxyType(options),
        flow=solver.flow,
        requires="scipy" if schedule == "Beta" else solver.requires,
    )


_CONVERTED = ("DPMSolver", "UniPC", "DEIS")
"""Classes for both kinds of model; among the flow solvers their schedule switches are always off."""

SCHEDULERS: Mapping[str, SchedulerSpec] = MappingProxyType({spec.name: spec for spec in _specs()})


# --- names


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
    known = {_fold(solver.name): solver.name for solver in _SOLVERS} | _SPELLINGS
    if folded in known:
        return known[folded], None
    for ending in sorted(_SCHEDULE_SPELLINGS, key=len, reverse=True):
        stem = folded.removesuffix(ending)
        if ending and stem != folded and stem in known:
            return known[stem], _SCHEDULE_SPELLINGS[ending]
    return None, None


def _fold(name: str) -> str:
    """Lower case without separators; ``++`` is ``pp``, and the ending of diffusers' class names goes."""
    folded = name[:_MAX_CHARACTERS].lower().replace("++", "pp")
    return re.sub(r"[^a-z0-9]", "", folded).removesuffix("scheduler")


def _unknown(name: str) -> UserError:
    folded = {_fold(known): known for known in SCHEDULERS}
    nearest = difflib.get_close_matches(_fold(name), folded, n=4, cutoff=0.4)
    names = [folded[each] for each in nearest] or [solver.name for solver in _SOLVERS]
    return UserError(
        f"scheduler: there is no scheduler called {name[:40]!r}",
        field="scheduler",
        hint=f"{'nearest' if nearest else 'there are'}: {', '.join(names)}",
    )


# --- which do not fit


REFUSED_AT_ZERO_TERMINAL_SNR: Mapping[str, str] = MappingProxyType({})
"""Name of a scheduler or of a solver -> why it gives noise on a model whose last step is pure noise (measured)."""


def refusal(spec: SchedulerSpec, prediction: Prediction) -> str | None:
    """Why this scheduler can't draw with such a model, in plain words; None when it can."""
    if spec.flow != prediction.flow:
        return (
            f"{spec.name} is for flow-matching models, and this model is not one"
            if spec.flow
            else f"{spec.name} is for noise-predicting models, and this is a flow-matching one (use Flow Euler)"
        )
    if prediction.zero_terminal_snr and not prediction.flow:
        return REFUSED_AT_ZERO_TERMINAL_SNR.get(spec.name) or REFUSED_AT_ZERO_TERMINAL_SNR.get(spec.solver)
    return None
