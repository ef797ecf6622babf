from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import UserError
from pipeline import schedulers
from pipeline.schedulers import SCHEDULERS, Prediction, refusal, resolve
from pipeline.schedulers.table import SWITCHES


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_name_is_understood_in_any_writing(name: str) -> None:
    spellings = (name, name.lower(), name.upper(), name.replace(" ", "_"), name.replace("++", "pp").replace(" ", "-"))
    assert {resolve(spelling).name for spelling in spellings} == {name}


@pytest.mark.parametrize(
    ("spelling", "schedule", "name"),
    [
        ("dpmpp_2m", None, "DPM++ 2M"),
        ("dpmpp_2m", "karras", "DPM++ 2M Karras"),
        ("DPM++ 2M", "Karras", "DPM++ 2M Karras"),
        ("DPM++ 2M", "Automatic", "DPM++ 2M"),
        ("DPM++ 2M", "SGM Uniform", "DPM++ 2M SGM Uniform"),
        ("DPM++ 2M Karras", "Automatic", "DPM++ 2M Karras"),
        ("dpmpp_2m_sde_gpu", "exponential", "DPM++ 2M SDE Exponential"),
        ("dpmpp_2m_k", None, "DPM++ 2M Karras"),
        ("euler_ancestral", "normal", "Euler a"),
        ("k_euler_a", None, "Euler a"),
        ("EulerAncestralDiscreteScheduler", None, "Euler a"),
        ("DPMSolverMultistepScheduler", None, "DPM++ 2M"),
        ("FlowMatchEulerDiscreteScheduler", None, "Flow Euler"),
        ("uni_pc", "simple", "UniPC"),
        ("PLMS", None, "PNDM"),
        ("ddim", None, "DDIM"),
        ("dpm_2_ancestral", None, "DPM2 a"),
    ],
)
def test_names_of_other_tools_are_understood(spelling: str, schedule: str | None, name: str) -> None:
    assert resolve(spelling, schedule).name == name


def test_an_unknown_name_is_answered_with_the_nearest_ones() -> None:
    with pytest.raises(UserError) as refused:
        resolve("Eular a")
    assert refused.value.field == "scheduler"
    assert "Euler a" in (refused.value.hint or "")


def test_a_schedule_that_a_solver_does_not_have_is_refused() -> None:
    with pytest.raises(UserError, match="no Karras schedule"):
        resolve("DDIM", "Karras")
    with pytest.raises(UserError, match="no noise schedule called"):
        resolve("DDIM", "upside down")


@pytest.mark.parametrize("spec", SCHEDULERS.values(), ids=SCHEDULERS)
def test_every_switch_of_a_class_is_set_one_way_or_the_other(spec: schedulers.SchedulerSpec) -> None:
    """A model whose configuration turns Karras on must still draw plain DPM++ 2M when that was asked for."""
    on = [label for label, switch in SWITCHES.items() if spec.options.get(switch)]
    assert on == [spec.schedule] if spec.schedule in SWITCHES else on == []
    plain = SCHEDULERS[spec.solver]
    assert {key for key in spec.options if key in SWITCHES.values()} == {
        key for key in plain.options if key in SWITCHES.values()
    }


def test_flow_schedulers_and_the_others_do_not_mix() -> None:
    noise = Prediction(flow=False, prediction_type="epsilon", zero_terminal_snr=False)
    flow = Prediction(flow=True, prediction_type="", zero_terminal_snr=False)
    assert refusal(resolve("DPM++ 2M"), noise) is None
    assert refusal(resolve("Flow Euler"), flow) is None
    assert "flow-matching" in (refusal(resolve("Flow Euler"), noise) or "")
    assert "Flow Euler" in (refusal(resolve("Euler"), flow) or "")


def test_every_refused_name_is_a_known_scheduler_or_solver() -> None:
    solvers = {spec.solver for spec in SCHEDULERS.values()}
    assert set(schedulers.REFUSED_AT_ZERO_TERMINAL_SNR) <= solvers | set(SCHEDULERS)


@given(st.text(max_size=200), st.none() | st.text(max_size=200))
def test_any_text_is_a_scheduler_or_a_user_error(name: str, schedule: str | None) -> None:
    try:
        meant = resolve(name, schedule).name
    except UserError as refused:
        meant = None
        field = refused.field
    else:
        field = "scheduler"
    assert meant is None or meant in SCHEDULERS
    assert field == "scheduler"
