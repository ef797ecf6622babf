"""Which schedulers can't draw with which models (a wrong pair gives noise, not an error)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.schedulers.spec import SchedulerSpec


@dataclass(frozen=True, slots=True)
class Prediction:
    """What of a model decides which schedulers can draw with it."""

    flow: bool
    """Trained by flow matching."""
    prediction_type: str
    """``epsilon``, ``v_prediction`` or ``sample`` (anything for flow models)."""
    zero_terminal_snr: bool
    """The last training step is pure noise: its sigma is infinite."""


_BLOTCHES = (
    "it takes half of its steps near pure noise, and the noise it adds there stays in the picture as dark blotches"
)
_OWN_LEVELS = "it brings noise levels of its own, which are not those this model was trained with"
REFUSED_AT_ZERO_TERMINAL_SNR: Mapping[str, str] = MappingProxyType(
    {
        "DPM++ 2M SDE Karras": f"DPM++ 2M SDE Karras does not work with this model: {_BLOTCHES}",
        "DPM++ 3M SDE Karras": f"DPM++ 3M SDE Karras does not work with this model: {_BLOTCHES}",
        "IPNDM": f"IPNDM does not work with this model: {_OWN_LEVELS}",
    }
)
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
