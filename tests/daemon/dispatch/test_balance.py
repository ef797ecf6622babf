"""What the engine is told of who may ride along, by what was learnt of its forwards."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from support.draws import draw

from config.settings import Settings
from daemon.dispatch.balance import Balance
from daemon.dispatch.held import HeldJob
from daemon.fairness.alternatives import FAIR
from daemon.fairness.estimates import Forward
from pipeline.messages import ASIDE
from pipeline.models.registry import ModelEntry
from pipeline.request import Defaults, parse, settle
from storage.queue.job import Job, Origin


def held(name: str, lane: str) -> HeldJob:
    request = settle(parse({"prompt": name, "width": 512, "height": 512, "steps": 20}), "starter", Defaults())
    job = Job(
        id=name,
        state="running",
        lane=lane,
        owner=name,
        origin=Origin("cli", {}),
        priority=0,
        attempt=1,
        alone=False,
        request=request,
        request_hash="",
        error=None,
        pictures=(),
        queued_at=0,
        started_at=None,
        finished_at=None,
        not_before=None,
        cancel_requested=False,
        order_id=None,
        line=None,
        parent=None,
    )
    return HeldJob(job, cast("ModelEntry", None), draw(name))


@pytest.mark.parametrize(
    ("forward", "riding"),
    [
        pytest.param(None, 3, id="nothing is known"),
        pytest.param(Forward(0.1, 0.0), 3, id="rows cost nothing"),
        pytest.param(Forward(0.04, 0.02), 1, id="rows cost something"),
        pytest.param(Forward(0.0, 0.1), 0, id="nothing is gained"),
    ],
)
def test_beside_a_person_ride_as_many_as_make_his_forwards_half_as_long_again(
    forward: Forward | None, riding: int, tmp_path: Path
) -> None:
    balance = Balance(Settings(state_dir=tmp_path), FAIR, lambda request: 1.0, lambda request: forward)
    aboard = [held("person", "interactive"), *(held(f"folder {number}", "folder") for number in range(3))]
    for each in aboard:
        balance.come(each)
    ranks = balance.ranks(8, "starter", aboard)
    assert sum(rank < ASIDE for rank in ranks) == 1 + riding
    assert max(balance.ranks(8, "starter", aboard[1:])) < ASIDE
