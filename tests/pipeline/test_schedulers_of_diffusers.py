from __future__ import annotations

import inspect

import pytest

from pipeline.schedulers import SCHEDULERS, SchedulerSpec


@pytest.mark.engine
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of diffusers with this numpy
@pytest.mark.parametrize("spec", SCHEDULERS.values(), ids=SCHEDULERS)
def test_every_scheduler_exists_and_takes_its_options(spec: SchedulerSpec) -> None:
    diffusers = pytest.importorskip("diffusers")
    kind = getattr(diffusers, spec.class_name)
    taken = inspect.signature(kind.__init__).parameters
    if "kwargs" in taken and "args" in taken:
        pytest.skip(f"{spec.name} needs {spec.requires}, which is not installed")
    assert set(spec.options) <= set(taken)
    if spec.requires is None:
        kind(**spec.options)
