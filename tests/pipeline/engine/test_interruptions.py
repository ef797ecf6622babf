"""Jobs that are cancelled, overdue, parked or broken do not disturb the others."""

from __future__ import annotations

import gc
import itertools
import resource
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from support.engine_driver import Driver, relative_difference

from pipeline.engine.previews import Previewer
from pipeline.engine.step_batching.choice import DECODE_WITHIN_FORWARDS
from pipeline.engine.step_batching.rendezvous import Suspendable
from pipeline.messages import Failed, Finished, Stopped

Drive = Callable[..., Driver]


def test_a_cancelled_job_ends_before_its_next_step(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.draw("stays", steps=8)
    driver.draw("goes", steps=8, count=2)
    driver.run(steps=5)
    before = driver.engine.pulse().steps
    driver.cancel("goes")
    driver.run(steps=1)
    assert driver.ended("goes") == ["Stopped"]
    assert driver.groups[-1] == ["stays"]
    assert driver.engine.pulse().steps == before + 1
    driver.run()
    assert driver.ended("stays") == ["Finished"]
    solo = drive(tiny["sd"])
    solo.alone("stays", steps=8)
    assert relative_difference(driver.latents[("stays", 0)], solo.latents[("stays", 0)]) < 1e-4


def test_a_job_can_be_cancelled_before_it_starts_and_an_unknown_one_is_ignored(
    tiny: dict[str, Path], drive: Drive
) -> None:
    driver = drive(tiny["sd"])
    driver.draw("one")
    driver.cancel("one")
    driver.cancel("one", attempt=2)
    driver.cancel("other")
    driver.run()
    assert [type(message) for message in driver.sent] == [Stopped]


def test_an_overdue_job_ends_at_its_next_step_and_may_be_tried_again(tiny: dict[str, Path], drive: Drive) -> None:
    now = [0.0]
    driver = drive(tiny["sd"], clock=lambda: now[0])
    driver.draw("slow", steps=20, deadline_seconds=10.0)
    driver.draw("other", steps=20)
    driver.run(steps=6)
    now[0] = 10.5
    driver.run(steps=1)
    assert driver.failure("slow").kind == "retryable"
    assert driver.groups[-1] == ["other"]
    driver.run()
    assert driver.ended("other") == ["Finished"]


def test_only_the_time_in_which_a_job_is_drawn_counts_for_its_deadline(tiny: dict[str, Path], drive: Drive) -> None:
    now = [0.0]
    driver = drive(tiny["sd"], clock=lambda: now[0], max_batch=1)

    driver.engine._residency._load = _taking(3600.0, now, driver.engine._residency._load)
    driver.draw("parked", urgency=3, steps=4, deadline_seconds=10.0)
    driver.run(steps=3)
    driver.draw("urgent", urgency=0, steps=5, deadline_seconds=1e6)
    while not driver.ended("urgent"):
        driver.run(steps=1)
        now[0] += 1.0 if any(picture.job.draw.job == "parked" for picture in driver.engine._slots) else 600.0
    driver.run()
    assert now[0] > 3600.0 + 5 * 600.0
    assert (driver.ended("parked"), driver.ended("urgent")) == (["Finished"], ["Finished"])


def _taking(seconds: float, now: list[float], load: Callable[..., Any]) -> Callable[..., Any]:
    def slow(*args: Any) -> Any:
        now[0] += seconds
        return load(*args)

    return slow


def test_previews_that_break_are_switched_off_and_the_pictures_go_on(
    tiny: dict[str, Path], drive: Drive, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(tiny["sd"])
    driver.alone("warm")
    monkeypatch.setattr(Previewer, "png", _always(TypeError("Got unsupported ScalarType")))
    for name in ("one", "other"):
        driver.draw(name, steps=12, previews=True)
    driver.run()
    assert (driver.ended("one"), driver.ended("other")) == (["Finished"], ["Finished"])
    assert capsys.readouterr().err.count("previews_switched_off") == 1


def test_a_preview_that_can_not_be_learnt_costs_no_picture(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(tiny["sd"])
    monkeypatch.setattr(Previewer, "learn", _always(ValueError("singular")))
    driver.alone("one")
    assert driver.ended("one") == ["Finished"]


def test_a_finished_picture_is_decoded_while_more_urgent_ones_are_drawn(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"], max_batch=2)
    driver.draw("background", urgency=3, steps=2)
    driver.draw("urgent", urgency=0, steps=2 + DECODE_WITHIN_FORWARDS + 4)
    driver.run()
    ends = [message.job for message in driver.sent if isinstance(message, Finished)]
    assert ends == ["background", "urgent"]
    assert driver.kinds.index("decode") == 2 + DECODE_WITHIN_FORWARDS


def test_an_urgent_stream_of_few_steps_leaves_no_heap_of_finished_pictures(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"], max_batch=3)
    driver.draw("urgent", urgency=0, steps=30)
    driver.draw("background", urgency=3, steps=1, count=40)
    most = 0
    while not driver.ended("urgent"):
        driver.run(steps=1)
        most = max(most, sum(picture.finishing for picture in driver.engine._pictures()))
    assert 0 < most <= 2 * 3
    driver.run()
    assert driver.ended("background") == ["Finished"]
    first = driver.kinds.index("decode")
    turns = driver.kinds[first : driver.groups.index(["urgent"], first)]
    assert all(pair != ("decode", "decode") for pair in itertools.pairwise(turns))


def test_an_urgent_job_starts_at_once_and_the_parked_ones_end_as_they_would_have(
    tiny: dict[str, Path], drive: Drive
) -> None:
    driver = drive(tiny["sd"], max_batch=2)
    for number in range(3):
        driver.draw(f"background{number}", urgency=3, steps=8, seed=number)
    driver.run(steps=5)
    assert all("background2" not in group for group in driver.groups)
    driver.draw("urgent", urgency=0, steps=3, seed=50, count=2)
    driver.run(steps=2)
    assert driver.groups[-1] == ["urgent", "urgent"]
    assert (driver.engine.pulse().active, driver.engine.pulse().parked) == (1, 3)
    driver.run()
    order = [message.job for message in driver.sent if type(message).__name__ == "Finished"]
    assert order == ["urgent", "background0", "background1", "background2"]
    solo = drive(tiny["sd"], max_batch=2)
    for number in range(3):
        solo.alone(f"background{number}", steps=8, seed=number)
        key = (f"background{number}", 0)
        assert relative_difference(driver.latents[key], solo.latents[key]) < 1e-4


def test_a_job_whose_forward_raises_fails_alone(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.alone("warm")
    seat = _seat(driver)
    real = seat.run

    def poisoned(*args: Any, **kwargs: Any) -> Any:
        if bool((kwargs["encoder_hidden_states"][-1:] == marked).all(dim=(1, 2)).any()) or bool(
            (kwargs["encoder_hidden_states"] == marked).all(dim=(1, 2)).any()
        ):
            raise RuntimeError("this prompt breaks the network")
        return real(*args, **kwargs)

    marked = _embedding(driver, "poison")
    object.__setattr__(seat, "run", poisoned)
    for number in range(3):
        driver.draw(f"good{number}", steps=4, seed=number)
    driver.draw("bad", steps=4, prompt="poison")
    driver.run()
    assert "this prompt breaks the network" in driver.failure("bad").message
    assert [driver.ended(f"good{number}") for number in range(3)] == [["Finished"]] * 3
    assert len(driver.of(Failed)) == 1


def test_a_forward_that_does_not_fit_is_halved_and_stays_halved(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.alone("warm")
    seat = _seat(driver)
    real, rows = seat.run, []

    def small(*args: Any, **kwargs: Any) -> Any:
        sample = kwargs.get("sample", args[0] if args else None)
        if sample.shape[0] > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        rows.append(sample.shape[0])
        return real(*args, **kwargs)

    object.__setattr__(seat, "run", small)
    for number in range(4):
        driver.draw(f"job{number}", steps=3, seed=number)
    driver.run()
    assert [driver.ended(f"job{number}") for number in range(4)] == [["Finished"]] * 4
    assert max(rows) == 4
    solo = drive(tiny["sd"])
    for number in range(4):
        solo.alone(f"job{number}", steps=3, seed=number)
        key = (f"job{number}", 0)
        assert relative_difference(driver.latents[key], solo.latents[key]) < 1e-4


def test_one_picture_that_never_fits_is_refused_with_what_to_do(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.alone("warm")
    seat = _seat(driver)

    def full(*args: Any, **kwargs: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    object.__setattr__(seat, "run", full)
    driver.draw("large")
    driver.run()
    failed = driver.failure("large")
    assert (failed.kind, failed.field) == ("user", "width")
    assert "64x64 does not fit into the memory" in failed.message
    assert failed.hint is not None
    assert "smaller" in failed.hint


def test_a_job_of_several_pictures_fails_once(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.draw("wrong", count=4, width=60)
    driver.run()
    assert len(driver.of(Failed)) == 1
    driver.alone("warm")
    seat = _seat(driver)
    object.__setattr__(seat, "run", _always(RuntimeError("broken network")))
    driver.draw("bad", count=3)
    driver.run()
    assert [message.message.partition(": ")[2] for message in driver.of(Failed)[1:]] == ["RuntimeError: broken network"]


def test_a_pass_that_did_not_fit_holds_no_memory_while_it_is_tried_again_in_parts(
    tiny: dict[str, Path], drive: Drive
) -> None:
    driver = drive(tiny["sd"])
    driver.alone("warm")
    seat = _seat(driver)
    real, failed, alive = seat.run, [], []

    def small(*args: Any, **kwargs: Any) -> Any:
        alive.extend(reference() is not None for reference in failed)
        activations = torch.zeros(10)
        if kwargs.get("sample", args[0] if args else None).shape[0] > 4:
            failed.append(weakref.ref(activations))
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(*args, **kwargs)

    object.__setattr__(seat, "run", small)
    for number in range(4):
        driver.draw(f"job{number}", steps=2, seed=number)
    driver.run()
    assert alive
    assert not any(alive)


def _always(error: Exception) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        raise error

    return run


def test_a_network_that_mixes_rows_is_found_out_and_never_merged(tiny: dict[str, Path], drive: Drive) -> None:
    driver, solo = drive(tiny["sd"]), drive(tiny["sd"])
    for each in (driver, solo):
        each.alone("warm")
        seat = _seat(each)

        def mixing(*args: Any, _real: Callable[..., Any] = seat.run, **kwargs: Any) -> Any:
            answer = _real(*args, **kwargs)
            return (answer[0] + answer[0].mean(dim=0, keepdim=True),)

        object.__setattr__(seat, "run", mixing)
    before = driver.engine.pulse().forwards
    for number in range(3):
        driver.draw(f"job{number}", steps=3, seed=number, guidance_scale=1.0, prompt=f"subject {number}")
    driver.run()
    assert driver.engine.pulse().forwards - before == 9
    for number in range(3):
        solo.alone(f"job{number}", steps=3, seed=number, guidance_scale=1.0, prompt=f"subject {number}")
        assert torch.equal(driver.latents[(f"job{number}", 0)], solo.latents[(f"job{number}", 0)])


def test_the_mode_of_one_pipeline_never_reaches_another_or_the_loop(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.alone("warm")
    seat = _seat(driver)
    real, seen = seat.run, []

    def watching(*args: Any, **kwargs: Any) -> Any:
        seen.append((torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")))
        return real(*args, **kwargs)

    object.__setattr__(seat, "run", watching)
    for number in range(3):
        driver.draw(f"job{number}", steps=2 + number)
    with torch.enable_grad():
        driver.run()
        assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    assert set(seen) == {(False, False)}


def test_autocast_of_a_suspended_picture_stays_with_it() -> None:
    import greenlet

    seen = []

    def inside() -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            greenlet.getcurrent().parent.switch("stopped")
            seen.append(torch.is_autocast_enabled("cpu"))

    suspended = Suspendable(inside, ("cpu",))
    assert suspended.resume() == "stopped"
    assert not torch.is_autocast_enabled("cpu")
    suspended.resume()
    assert seen == [True]
    assert not torch.is_autocast_enabled("cpu")


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [400, pytest.param(1000, marks=pytest.mark.soak)])
def test_many_cancelled_jobs_leave_no_memory_behind(tiny: dict[str, Path], drive: Drive, jobs: int) -> None:
    driver = drive(tiny["sd"])

    def cancel_many(count: int) -> None:
        for number in range(count):
            driver.draw(f"job{number}", steps=9, seed=number)
            if number % 8 == 7:
                driver.run(steps=3)
                for cancelled in range(number - 7, number + 1):
                    driver.cancel(f"job{cancelled}")
                driver.run()
        driver.sent.clear()
        driver.groups.clear()
        gc.collect()

    cancel_many(200)
    greenlets, peak = _greenlets(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cancel_many(jobs)
    assert _greenlets() <= greenlets
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak  # KiB
    print(f"grown by {grown} KiB")
    assert grown < 20 * jobs


def test_a_cancelled_picture_is_freed_without_the_garbage_collector(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.alone("warm")
    gc.collect()
    gc.disable()
    try:
        before = _greenlets()
        driver.draw("goes", steps=5)
        driver.run(steps=2)
        assert _greenlets() == before + 1
        driver.cancel("goes")
        driver.run()
        assert _greenlets() == before
    finally:
        gc.enable()


def _greenlets() -> int:
    return sum(isinstance(each, Suspendable) for each in gc.get_objects())


def _seat(driver: Driver) -> Any:
    """The place where denoiser calls of the loaded model meet."""
    (model,) = driver.engine._residency._models.values()
    return model.pipelines["text_to_image"].unet.forward.__closure__[_index(model)].cell_contents


def _index(model: Any) -> int:
    return model.pipelines["text_to_image"].unet.forward.__code__.co_freevars.index("seat")


def _embedding(driver: Driver, prompt: str) -> torch.Tensor:
    (model,) = driver.engine._residency._models.values()
    pipe = model.pipelines["text_to_image"]
    with torch.inference_mode():
        return pipe.encode_prompt(prompt, torch.device("cpu"), 1, False)[0]
