"""One daemon with the bot for all tests of a file: they use jobs of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.bot_world import BotWorld, bot_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    with bot_world(tmp_path_factory.mktemp("bot")) as made:
        yield made
        made.call(lambda fake: fake.assert_no_surprises(40060))  # of the event that is told twice
