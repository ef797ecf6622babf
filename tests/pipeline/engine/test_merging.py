"""What may be merged, how it is joined, and who goes next: the parts without a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from pipeline.engine.previews import Previewer
from pipeline.engine.step_batching import families, merge, signature
from pipeline.engine.step_batching.choice import DECODE_WITHIN_FORWARDS, next_group
from pipeline.engine.step_batching.rendezvous import Call, Kind, Seat
from pipeline.engine.step_batching.thread_state import current

PLAIN = families.rules_for("UNet2DConditionModel")


def _arguments(rows: int, **more: Any) -> dict[str, Any]:
    return {
        "sample": torch.randn(rows, 4, 8, 8),
        "timestep": torch.tensor(7),
        "extra": {"ids": torch.ones(rows, 6)},
    } | more


def test_calls_that_differ_only_in_rows_and_time_step_may_merge() -> None:
    one = signature.of(_arguments(2), PLAIN)
    other = signature.of(_arguments(1, timestep=torch.tensor(3.5)), PLAIN)
    assert one.key == other.key
    assert (one.rows, other.rows) == (2, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"sample": torch.randn(2, 4, 8, 12)},
        {"sample": torch.randn(2, 4, 8, 8, dtype=torch.bfloat16)},
        {"extra": {"ids": torch.ones(2, 7)}},
        {"extra": {}},
        {"scale": 0.5},
        {"mask": torch.zeros(3, 3)},
        {"return_dict": False},
    ],
)
def test_calls_that_differ_in_anything_else_may_not(change: dict[str, Any]) -> None:
    assert signature.of(_arguments(2), PLAIN).key != signature.of(_arguments(2, **change), PLAIN).key


def test_a_tensor_without_batch_axis_merges_by_value_only() -> None:
    def key(offset: float) -> object:
        return signature.of(_arguments(2, ids=torch.arange(12.0).reshape(4, 3) + offset), PLAIN).key

    assert key(0) == key(0)
    assert key(0) != key(1)


def test_a_merge_is_verified_anew_where_a_tensor_counts_as_rows_that_did_not_before() -> None:
    ids = torch.arange(3.0).reshape(1, 3)
    two, one = (signature.of(_arguments(rows, ids=ids), PLAIN) for rows in (2, 1))
    assert two.structure != one.structure
    assert signature.of(_arguments(2), PLAIN).structure == signature.of(_arguments(1), PLAIN).structure


def test_ids_that_look_like_rows_are_shared_where_the_family_says_so() -> None:
    rules = families.rules_for("FluxTransformer2DModel")
    arguments = [{"hidden_states": torch.randn(4, 5, 3), "img_ids": torch.ones(4, 3)} for _ in range(2)]
    assert signature.of(arguments[0], rules).key == signature.of(arguments[1], rules).key
    merged = merge.merge(arguments, [4, 4], rules)
    assert merged["hidden_states"].shape == (8, 5, 3)
    assert merged["img_ids"].shape == (4, 3)


def test_lists_with_one_entry_a_row_are_joined_end_to_end() -> None:
    rules = families.rules_for("ZImageTransformer2DModel")
    small, large = [torch.ones(1, 2)], [torch.ones(3, 2), torch.ones(4, 2)]
    assert signature.of({"x": small}, rules).key == signature.of({"x": large}, rules).key
    merged = merge.merge([{"x": small}, {"x": large}], [1, 2], rules)
    assert [tuple(each.shape) for each in merged["x"]] == [(1, 2), (3, 2), (4, 2)]
    assert [len(part) for part in merge.split(merged["x"], [1, 2])] == [1, 2]


def test_time_steps_become_one_entry_a_row_and_nested_values_are_joined() -> None:
    merged = merge.merge([_arguments(2), _arguments(1, timestep=torch.tensor(3))], [2, 1], PLAIN)
    assert merged["timestep"].tolist() == [7, 7, 3]
    assert merged["extra"]["ids"].shape == (3, 6)


def test_the_answer_is_split_in_the_shape_it_came() -> None:
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionOutput

    answer = torch.arange(3.0).reshape(3, 1)
    assert [part[0].flatten().tolist() for part in merge.split((answer,), [2, 1])] == [[0, 1], [2]]
    outputs = merge.split(UNet2DConditionOutput(sample=answer), [1, 2])
    assert [each.sample.flatten().tolist() for each in outputs] == [[0], [1, 2]]
    with pytest.raises(TypeError):
        merge.split("text", [1])


@dataclass(eq=False)
class _Waiting:
    name: str
    urgency: int
    call: Call | None
    begun: bool = True
    alone: bool = False
    served_at: int = 0
    finished_at: int = 0
    size: int = field(default=8)


def _seat(kind: Kind) -> Seat:
    return Seat("net", kind, torch.nn.Identity(), lambda sample: sample, ("sample",), frozenset(), PLAIN)


DENOISE, DECODE, ENCODE = _seat(Kind.DENOISE), _seat(Kind.DECODE), _seat(Kind.ENCODE)


def _one(name: str, seat: Seat = DENOISE, urgency: int = 1, size: int = 8, **more: Any) -> _Waiting:
    return _Waiting(name, urgency, Call(seat, (torch.ones(1, size),), {}, current(("cpu",))), size=size, **more)


def _next(
    drawing: list[_Waiting],
    finishing: list[_Waiting] | None = None,
    *,
    vae_was_last: bool = False,
    forwards: int = 0,
) -> list[str]:
    group = next_group(drawing, finishing or [], lambda _: 3, vae_was_last=vae_was_last, crowd=3, forwards=forwards)
    return [one.name for one in group]


def test_compatible_calls_go_together_up_to_the_limit() -> None:
    assert _next([_one("a"), _one("b", size=9), _one("c"), _one("d"), _one("e")]) == ["a", "c", "d"]


def test_the_group_that_waited_longest_goes_next() -> None:
    assert _next([_one("a", served_at=5), _one("b", size=9, served_at=4)]) == ["b"]


def test_a_more_urgent_group_goes_first_and_takes_others_along() -> None:
    assert _next([_one("a", size=9, urgency=0, served_at=9), _one("b"), _one("c", size=9)]) == ["a", "c"]


def test_a_call_that_wants_to_be_alone_is() -> None:
    assert _next([_one("a", alone=True), _one("b")]) == ["a"]
    assert _next([_one("b"), _one("a", alone=True), _one("c")]) == ["b", "c"]


def test_forwards_and_decodes_take_turns() -> None:
    drawing, finishing = [_one("a")], [_one("z", DECODE)]
    assert _next(drawing, finishing, vae_was_last=False) == ["z"]
    assert _next(drawing, finishing, vae_was_last=True) == ["a"]
    crowd = [_one(f"z{number}", DECODE) for number in range(3)]
    assert _next(drawing, crowd, vae_was_last=True) == ["z0"]


def test_urgency_goes_before_taking_turns() -> None:
    assert _next([_one("a", urgency=0)], [_one("z", DECODE)]) == ["a"]
    assert _next([_one("a")], [_one("z", DECODE, urgency=0)], vae_was_last=True) == ["z"]


def test_a_finished_picture_that_waited_long_is_decoded_before_the_more_urgent_but_never_two_in_a_row() -> None:
    urgent, due = [_one("a", urgency=0)], 10 + DECODE_WITHIN_FORWARDS
    finishing = [_one("y", DECODE, finished_at=11), _one("z", DECODE, finished_at=10)]
    assert _next(urgent, finishing, forwards=due - 1) == ["a"]
    assert _next(urgent, finishing, forwards=due) == ["z"]
    assert _next(urgent, finishing[:1], forwards=due + 1, vae_was_last=True) == ["a"]
    assert _next(urgent, finishing[:1], forwards=due + 1) == ["y"]


def test_input_pictures_are_encoded_before_anybodys_first_step() -> None:
    assert _next([_one("a", begun=False), _one("i", ENCODE)], vae_was_last=True) == ["i"]
    assert _next([_one("a"), _one("i", ENCODE)], vae_was_last=True) == ["a"]


def test_a_broken_picture_does_not_spoil_the_previews_of_the_others() -> None:
    previewer = Previewer(SimpleNamespace(config=SimpleNamespace(latent_channels=4)))
    previewer.learn(torch.randn(1, 4, 8, 8), torch.full((1, 3, 64, 64), float("nan")))
    previewer.learn(torch.randn(1, 4, 8, 8), torch.rand(1, 3, 64, 64))
    assert previewer.png(torch.randn(1, 4, 8, 8), 64, 64) is not None
