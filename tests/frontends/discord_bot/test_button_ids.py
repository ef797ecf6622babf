"""Ids of buttons: a verb, a job and an index, to the letter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontends.discord_bot import custom_ids as ids

JOB = "0123456789abcdef"


@pytest.mark.parametrize("verb", ids.VERBS)
@pytest.mark.parametrize("index", [None, 0, 9, 63])
def test_what_is_built_can_be_read(verb: str, index: int | None) -> None:
    built = ids.build(verb, JOB, index)

    assert ids.parse(built) == ids.ButtonId(verb, JOB, index)
    assert re.compile(ids.template(verb)).fullmatch(built)
    assert len(built) <= 100


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "mz",
        f"mz:delete:{JOB}:",
        f"mz:delete:{JOB}:-1",
        f"mz:delete:{JOB}:01",
        f"mz:delete:{JOB}:100",
        f"mz:delete:{JOB}:1:1",
        f"mz:delete:{JOB}\n",
        f" mz:delete:{JOB}",
        f"mz:drop:{JOB}",
        f"mz:delete:{JOB.upper()}",
        f"mz:delete:{JOB[:-1]}",
        f"mz:delete:{JOB}0",
        f"mz:delete:{JOB[:-1]}l",
        "mz:delete:../../../../etc/",
        f"mz:delete:{JOB}:٣",
    ],
)
def test_nothing_else_is_an_id(forged: str) -> None:
    assert ids.parse(forged) is None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_chance_makes_no_id(text: str) -> None:
    found = ids.parse(text)
    assert found is None or ids.build(found.verb, found.job, found.index) == text


def test_what_could_not_be_read_is_not_built() -> None:
    for verb, job, index in (("pick", "x", None), ("drop", JOB, None), ("pick", JOB, 100), ("pick", JOB, -1)):
        with pytest.raises(ValueError, match="id of a button"):
            ids.build(verb, job, index)
