"""Every solver, and what of diffusers it is built from.

Every spec sets all schedule switches its class has, so that a model whose own configuration turns one on still
draws what the name says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.schedulers.spec import Option, SchedulerSpec

SWITCHES: Mapping[str, str] = MappingProxyType(
    {"Karras": "use_karras_sigmas", "Exponential": "use_exponential_sigmas", "Beta": "use_beta_sigmas"}
)
SGM_UNIFORM = "SGM Uniform"
"""Trailing time steps, as the models' authors sample them."""


@dataclass(frozen=True, slots=True)
class Solver:
    """A solver and the schedules its diffusers class knows."""

    name: str
    class_name: str
    schedules: tuple[str, ...]
    options: tuple[tuple[str, Option], ...] = ()
    flow: bool = False
    requires: str | None = None
    switches_off: tuple[str, ...] = ()
    """Schedules of the class that make no sense for this solver, and are always turned off."""


_NONE: tuple[str, ...] = ()
_SPACED = (SGM_UNIFORM,)
_SIGMAS = ("Karras", "Exponential", "Beta")
_ALL = (*_SIGMAS, SGM_UNIFORM)
_MULTI = "DPMSolverMultistepScheduler"
_SINGLE = "DPMSolverSinglestepScheduler"

SOLVERS = (
    Solver("DPM++ 2M", _MULTI, _ALL, (("algorithm_type", "dpmsolver++"), ("solver_order", 2))),
    Solver("DPM++ 3M", _MULTI, _ALL, (("algorithm_type", "dpmsolver++"), ("solver_order", 3))),
    Solver("DPM++ 2M SDE", _MULTI, _ALL, (("algorithm_type", "sde-dpmsolver++"), ("solver_order", 2))),
    Solver("DPM++ 3M SDE", _MULTI, _ALL, (("algorithm_type", "sde-dpmsolver++"), ("solver_order", 3))),
    Solver("DPM++ 2S", _SINGLE, _SIGMAS, (("algorithm_type", "dpmsolver++"), ("solver_order", 2))),
    Solver("DPM++ SDE", "DPMSolverSDEScheduler", _ALL, requires="torchsde"),
    Solver("Euler", "EulerDiscreteScheduler", _ALL),
    Solver("Euler a", "EulerAncestralDiscreteScheduler", _SPACED),
    Solver("Heun", "HeunDiscreteScheduler", _ALL),
    Solver("DPM2", "KDPM2DiscreteScheduler", _ALL),
    Solver("DPM2 a", "KDPM2AncestralDiscreteScheduler", _ALL),
    Solver("LMS", "LMSDiscreteScheduler", _ALL, requires="scipy"),
    Solver("DDIM", "DDIMScheduler", _SPACED),
    Solver("DDPM", "DDPMScheduler", _SPACED),
    Solver("PNDM", "PNDMScheduler", _SPACED, (("skip_prk_steps", True),)),
    Solver("IPNDM", "IPNDMScheduler", _NONE),
    Solver("UniPC", "UniPCMultistepScheduler", _ALL),
    Solver("DEIS", "DEISMultistepScheduler", _ALL),
    Solver("SA Solver", "SASolverScheduler", _ALL),
    Solver("LCM", "LCMScheduler", _NONE),
    Solver("TCD", "TCDScheduler", _NONE),
    Solver("Flow Euler", "FlowMatchEulerDiscreteScheduler", _SIGMAS, flow=True),
    Solver("Flow Heun", "FlowMatchHeunDiscreteScheduler", _NONE, flow=True),
    Solver("Flow LCM", "FlowMatchLCMScheduler", _NONE, flow=True),
    Solver(
        "Flow DPM++ 2M",
        _MULTI,
        _NONE,
        (("solver_order", 2), ("use_flow_sigmas", True)),
        flow=True,
        switches_off=_SIGMAS,
    ),
    Solver(
        "Flow UniPC", "UniPCMultistepScheduler", _NONE, (("use_flow_sigmas", True),), flow=True, switches_off=_SIGMAS
    ),
    Solver("Flow DEIS", "DEISMultistepScheduler", _NONE, (("use_flow_sigmas", True),), flow=True, switches_off=_SIGMAS),
)


def _spec(solver: Solver, schedule: str | None) -> SchedulerSpec:
    options: dict[str, Option] = dict(solver.options)
    for label, switch in SWITCHES.items():
        if label in solver.schedules or label in solver.switches_off:
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


SCHEDULERS: Mapping[str, SchedulerSpec] = MappingProxyType(
    {
        spec.name: spec
        for solver in SOLVERS
        for spec in (_spec(solver, None), *(_spec(solver, s) for s in solver.schedules))
    }
)
