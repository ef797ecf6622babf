"""What people say of when something is to recur."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontends.discord_bot.occasions import Occasions, read
from frontends.discord_bot.refusal import Refused


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("every 2h", Occasions(every="2h")),
        ("30M", Occasions(every="30m")),
        ("08:00", Occasions(cron="0 8 * * *")),
        ("daily at 8:05", Occasions(cron="5 8 * * *")),
        ("mon-fri 08:00", Occasions(cron="0 8 * * mon-fri")),
        ("Monday, Thursday at 18:30", Occasions(cron="30 18 * * mon,thu")),
        ("2026-12-24 18:00", Occasions(at="2026-12-24T18:00")),
        ("2026-12-24T18:00Z", Occasions(at="2026-12-24T18:00Z")),
        (" */30  *  * * 1-5 ", Occasions(cron="*/30 * * * 1-5")),
    ],
)
def test_it_is_understood(said: str, meant: Occasions) -> None:
    assert read(said) == meant


@pytest.mark.parametrize(
    "said", ["", "now and then", "25:00", "12:60", "every", "* * *", "mon 25:00", "\uff18:\uff10\uff10"]
)
def test_it_is_not_guessed(said: str) -> None:
    with pytest.raises(Refused) as refused:
        read(said)
    assert refused.value.key == "schedule.when"


@given(st.text(max_size=80))
def test_whatever_is_said_it_is_understood_or_refused(said: str) -> None:
    with contextlib.suppress(Refused):
        found = read(said)
        assert sum(each is not None for each in (found.cron, found.every, found.at)) == 1
