from __future__ import annotations

import math

import pytest

from config.errors import UserError
from pipeline.comparison import Fact, compare, record_differences


def test_the_same_pixels_are_identical() -> None:
    found = compare(bytes(range(12)), bytes(range(12)), 2, 2)
    assert found.identical
    assert (found.psnr_db, found.max_difference, found.changed_share) == (None, 0, 0.0)


def test_one_changed_channel_is_measured() -> None:
    other = bytearray(12)
    other[4] = 10
    found = compare(bytes(12), bytes(other), 2, 2)
    assert not found.identical
    assert found.max_difference == 10
    assert found.changed_share == 0.25
    assert found.psnr_db == pytest.approx(10 * math.log10(255**2 / (100 / 12)))


def test_opposite_pictures_have_no_similarity() -> None:
    assert compare(bytes(12), b"\xff" * 12, 2, 2).psnr_db == pytest.approx(0)


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UserError):
        compare(bytes(12), bytes(9), 2, 2)


def test_differing_facts_are_named_with_both_values() -> None:
    recorded: dict[str, Fact] = {"torch": "2.13.0", "device": "cpu", "gone": 1}
    now: dict[str, Fact] = {"torch": "2.14.0", "device": "cpu", "new": True}
    assert record_differences(recorded, now) == [
        ("gone", 1, None),
        ("new", None, True),
        ("torch", "2.13.0", "2.14.0"),
    ]
