"""The fake in a thread of its own, for tests that block while a client in another process talks to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

from support.fake_discord.fake import FakeDiscord

T = TypeVar("T")


class Aside:
    """
    Runs the fake while it is entered. Everything that is done to the fake goes through :meth:`do` or :meth:`call`::

        with Aside() as aside:
            guild = aside.call(lambda fake: fake.guild("studio"))
            asked = aside.do(lambda fake: fake.slash(ada, channel, "imagine", prompt="a fox"))
            message = aside.do(lambda fake: asked.message())
    """

    def __init__(self, **more: Any) -> None:
        self.fake = FakeDiscord(**more)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-discord", daemon=True)

    def __enter__(self) -> Aside:
        self._thread.start()
        self.do(lambda fake: fake.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        try:
            self.do(lambda fake: fake.__aexit__(None, None, None))
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    def do(self, act: Callable[[FakeDiscord], Coroutine[Any, Any, T]], seconds: float = 60.0) -> T:
        """Something that takes its time, such as an act of a user; its result."""
        return asyncio.run_coroutine_threadsafe(act(self.fake), self._loop).result(seconds)

    def call(self, act: Callable[[FakeDiscord], T], seconds: float = 60.0) -> T:
        """Something that is done at once, such as a new guild; its result."""

        async def now() -> T:
            return act(self.fake)

        return asyncio.run_coroutine_threadsafe(now(), self._loop).result(seconds)
