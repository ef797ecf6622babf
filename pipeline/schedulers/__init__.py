"""Schedulers by the names people know: a solver, optionally followed by the schedule of its noise levels.

Plain data, no torch: the engine builds ``class_name`` of diffusers from the model's own scheduler configuration
with ``options`` on top.
"""

from pipeline.schedulers.fitness import REFUSED_AT_ZERO_TERMINAL_SNR, Prediction, refusal
from pipeline.schedulers.names import resolve
from pipeline.schedulers.spec import Option, SchedulerSpec
from pipeline.schedulers.table import SCHEDULERS

__all__ = ["REFUSED_AT_ZERO_TERMINAL_SNR", "SCHEDULERS", "Option", "Prediction", "SchedulerSpec", "refusal", "resolve"]
