"""Sampler names to scheduler objects on a model's own configuration; what can't work is refused with the reason."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping
from typing import Any

import diffusers

from config.errors import UserError
from pipeline import schedulers as names
from pipeline.schedulers import Prediction, SchedulerSpec

WORKS_EVERYWHERE = "DPM++ 2M, Euler, Euler a, Heun, DDIM or UniPC"
WORKS_WITH_FLOW = "Flow Euler"
_OF_ONE_CLASS = ("algorithm_type", "solver_type", "solver_order")
"""Options of the same name that mean something else in another class."""


def build(name: str, config: Mapping[str, Any], pipeline: type[Any]) -> Any:
    """A fresh scheduler for a model whose own scheduler has this ``config`` (with ``_class_name``).

    Raises :class:`UserError`, with a hint naming what works, for an unknown name and for a pair that can't work.
    """
    prediction = prediction_of(config)
    spec = _meant(name, prediction)
    if (reason := names.refusal(spec, prediction)) is not None:
        raise _refusal(reason, prediction)
    kind = getattr(diffusers, spec.class_name)
    _check_fits_pipeline(spec, kind, pipeline, prediction)
    accepted = inspect.signature(kind.__init__).parameters
    own = config.get("_class_name") == spec.class_name
    plain = {key: value for key, value in config.items() if key in accepted and (own or key not in _OF_ONE_CLASS)}
    extra = {"prediction_type": "flow_prediction"} if spec.flow and "prediction_type" in accepted else {}
    try:
        return kind.from_config(plain, **{**dict(spec.options), **extra})
    except ImportError:
        hint = f"install {spec.requires} in the engine's environment, or use {WORKS_EVERYWHERE}"
        raise UserError(f"{spec.name} needs the package {spec.requires}", field="scheduler", hint=hint) from None
    except (ValueError, NotImplementedError) as error:
        first = next(iter(str(error).splitlines()), "")
        raise _refusal(f"{spec.name} does not allow this model's noise schedule: {first}", prediction) from None


def prediction_of(config: Mapping[str, Any]) -> Prediction:
    """What a model's scheduler configuration tells about how it was trained."""
    kind = str(config.get("prediction_type", "epsilon"))
    flow = str(config.get("_class_name", "")).startswith("FlowMatch") or kind == "flow_prediction"
    return Prediction(
        flow=flow or bool(config.get("use_flow_sigmas")),
        prediction_type=kind,
        zero_terminal_snr=bool(config.get("rescale_betas_zero_snr")),
    )


def options(scheduler: Any) -> str:
    """The options of a scheduler as sorted JSON, for the record."""
    shown = {key: value for key, value in scheduler.config.items() if not key.startswith("_") and value is not None}
    finite = {key: str(value) if value in (math.inf, -math.inf) else value for key, value in shown.items()}
    return json.dumps(finite, sort_keys=True, default=str)


def _meant(name: str, prediction: Prediction) -> SchedulerSpec:
    """With a flow matching model "Euler" means that model's Euler."""
    spec = names.resolve(name)
    if prediction.flow and not spec.flow:
        return names.SCHEDULERS.get(f"Flow {spec.name}", spec)
    return spec


def _check_fits_pipeline(spec: SchedulerSpec, kind: type[Any], pipeline: type[Any], prediction: Prediction) -> None:
    """Some pipelines hand their own sigmas or a shift to the scheduler; not all schedulers take them."""
    if not spec.flow:
        return
    taken = inspect.signature(kind.set_timesteps).parameters
    source = inspect.getsource(pipeline.__call__)
    needed = {"mu": '"mu"' in source or "mu=mu" in source, "sigmas": "np.linspace(1.0, 1 /" in source}
    if any(wanted and name not in taken for name, wanted in needed.items()):
        raise _refusal(f"{spec.name} does not take the noise levels that {pipeline.__name__} sets", prediction)


def _refusal(reason: str, prediction: Prediction) -> UserError:
    return UserError(reason, field="scheduler", hint=f"use {WORKS_WITH_FLOW if prediction.flow else WORKS_EVERYWHERE}")
