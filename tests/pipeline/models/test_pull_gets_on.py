"""Fetching one file from a hub that never gets to its end: it is given up, not tried for ever."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.models.pull import pace, staging
from pipeline.models.pull.hub import Listed, Listing, UnreachableHubError
from pipeline.models.pull.pace import TooSlowError
from pipeline.models.pull.selection import Wanted

CONTENT = bytes(range(200))
LISTED = Listed("a.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), None)
ENOUGH = 20
Answer = Callable[[int, int], Iterator[bytes]]


class _Hub:
    """Answers by a function of the number of the request and the byte it is to begin with."""

    def __init__(self, answer: Answer) -> None:
        self.asked = 0
        self._answer = answer

    def content(self, listing: Listing, name: str, begin: int) -> Iterator[bytes]:
        self.asked += 1
        assert self.asked < ENOUGH, "tried for ever"
        yield from self._answer(self.asked, begin)


def _fetched(answer: Answer, root: Path) -> _Hub:
    hub: Any = _Hub(answer)
    listing = Listing("owner/model", "0" * 40, None, (LISTED,))
    staging.fetch(hub, listing, Wanted(LISTED, "a.bin"), root, lambda _: None, lambda _: None)
    assert isinstance(hub, _Hub)
    return hub


def test_a_hub_that_starts_anew_each_time_and_never_gets_further_is_given_up(tmp_path: Path) -> None:
    def answer(number: int, begin: int) -> Iterator[bytes]:
        if begin:
            yield b""
        yield CONTENT[: 100 - number % 2]

    with pytest.raises(UnreachableHubError, match="only in part"):
        _fetched(answer, tmp_path)


def test_a_hub_that_gets_a_little_further_each_time_is_gone_on_with(tmp_path: Path) -> None:
    def answer(number: int, begin: int) -> Iterator[bytes]:
        yield CONTENT[begin : begin + 20]

    assert _fetched(answer, tmp_path).asked == 10
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_hub_that_only_drips_is_given_up_and_what_came_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "WINDOW_SECONDS", 0.1)
    monkeypatch.setattr(pace, "LEAST_BYTES", 1_000)

    def answer(number: int, begin: int) -> Iterator[bytes]:
        for each in CONTENT[begin:]:
            yield bytes((each,))
            time.sleep(0.02)

    with pytest.raises(TooSlowError) as given_up:
        _fetched(answer, tmp_path)
    assert given_up.value.hint
    (part,) = tmp_path.glob("*.part")
    assert part.read_bytes() == CONTENT[: part.stat().st_size]
    assert 0 < part.stat().st_size < len(CONTENT)
