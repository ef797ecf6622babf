"""Somebody who asks, and the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.delivery_world import World, delivering


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with delivering() as made:
        yield made
