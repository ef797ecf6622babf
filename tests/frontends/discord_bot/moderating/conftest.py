from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.bot_server import BotServer
from support.bot_world import BotWorld, bot_world


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    with bot_world(tmp_path_factory.mktemp("moderating")) as found:
        yield found
        found.call(lambda fake: fake.assert_no_surprises())


@pytest.fixture
def server(world: BotWorld) -> BotServer:
    return BotServer(world)
