"""Who tells, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import receiver
from support.receiver import Receiver
from support.webhook_world import FakeService, Names, World

from config.settings import WebhookSettings


@pytest.fixture
def there() -> Iterator[Receiver]:
    """A receiver on loopback."""
    with receiver.running() as running:
        yield running


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., World]:
    """``build({"name": ...}, ...)``: a world in which these hosts are listed."""
    directory = receiver.credentials(tmp_path / "credentials")

    def make(*hosts: dict[str, Any], network: Any = None, **settings: Any) -> World:
        given = WebhookSettings.model_validate({"hosts": hosts, **settings})
        return World(FakeService(), Names(), given, {"CREDENTIALS_DIRECTORY": str(directory)}, network)

    return make


@pytest.fixture
def world(build: Callable[..., World], there: Receiver) -> World:
    """The receiver is listed, with all that is needed to be told on loopback."""
    return build({"name": there.host, "private": True, "http": True})
