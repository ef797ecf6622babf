"""A world for the tests of one file: starting one for each test would take most of the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.bot_world import BotWorld, bot_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    with bot_world(tmp_path_factory.mktemp("world")) as found:
        yield found
        found.call(lambda fake: fake.assert_no_surprises())
