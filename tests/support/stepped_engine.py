"""The fake engine within this process, on a clock of its own: a forward happens when it is asked for, and never else.

So no forward passes while the dispatcher still has something to do, however busy the machine is: what is counted in
forwards is what was decided, and not how long the deciding took.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from daemon.dispatch import Dispatcher
from daemon.engines.contract import EngineGoneError
from pipeline.engine.fake import FakeEngine
from pipeline.messages import Draw, Failed, Finished, Ready, Stop, Stopped, ToDaemon, ToEngine


class SteppedEngine:
    """A :class:`daemon.engines.contract.RunningEngine`."""

    pid: int | None = os.getpid()
    unread_bytes = 0

    def __init__(self, step_seconds: float) -> None:
        self.now = 0.0
        """Seconds. Forwards move it, and whoever lets time go by while nothing is drawn."""
        self.held = 0
        """Jobs that it has."""
        self.ended = False
        self._heard: list[ToDaemon] = []
        self._engine = FakeEngine(
            self._heard.append, step_seconds=step_seconds, sleep=self._sleep, clock=lambda: self.now
        )
        self._said: asyncio.Queue[list[ToDaemon]] = asyncio.Queue()
        self._listened_to = False

    async def start(self) -> SteppedEngine:
        """For :data:`daemon.engines.contract.StartEngine`."""
        return self

    @property
    def ready(self) -> Ready:
        """What the fake engine says."""
        return self._engine.ready()

    @property
    def forwards(self) -> int:
        """So many were made."""
        return self._engine.pulse().forwards

    def forward(self) -> None:
        """The next one of the jobs that it has."""
        self._engine.step()
        self.held -= sum(isinstance(each, Finished | Failed | Stopped) for each in self._heard)
        self._said.put_nowait([self._engine.pulse(), *self._heard])
        self._heard.clear()

    async def settled(self, dispatcher: Dispatcher) -> None:
        """Until the dispatcher has heard all, recorded all and claimed whatever it wanted to."""
        turns = 0
        while not (self._listened_to and self._said.empty() and _has_nothing_to_do(dispatcher)):
            await asyncio.sleep(0 if turns < 20 else 0.001)
            turns += 1
        for _ in range(3):  # whoever listens to the bus hears of it, too
            await asyncio.sleep(0)

    async def send(self, messages: Sequence[ToEngine]) -> None:
        """Takes them at once."""
        for message in messages:
            assert not isinstance(message, Stop)
            self._engine.accept(message)
            self.held += isinstance(message, Draw)

    async def receive(self) -> Sequence[ToDaemon]:
        """What the last forwards gave."""
        if self.ended:
            raise EngineGoneError("the engine was stopped")
        self._listened_to = True
        try:
            return await self._said.get()
        finally:
            self._listened_to = False

    def kill(self) -> None:
        """It takes no more."""
        self.ended = True

    async def close(self, grace_seconds: float) -> None:
        """Nothing of it is left."""
        self.ended = True

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


def _has_nothing_to_do(dispatcher: Dispatcher) -> bool:
    events = (dispatcher._news, dispatcher._shifted)
    return not (any(event.is_set() for event in events) or dispatcher._claiming.locked() or dispatcher._ending)
