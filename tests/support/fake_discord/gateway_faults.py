"""Trouble with the gateway, named and counted like that of the requests."""

from __future__ import annotations

import asyncio
from collections import Counter
from fnmatch import fnmatchcase


class GatewayFaults:
    """What will go wrong; :attr:`fired` counts what has."""

    def __init__(self) -> None:
        self.fired: Counter[str] = Counter()
        self._connections = 0
        self._resumes = 0
        self._identifies = 0
        self._deaf = False
        self._repeated: dict[str, int] = {}
        self._held: dict[str, float] = {}
        self._drops: list[list[str | int]] = []

    def refuse_connections(self, times: int) -> None:
        """So many attempts to connect get a 503."""
        self._connections = times

    def refuse_resumes(self, times: int) -> None:
        """So many sessions are gone when their client comes back."""
        self._resumes = times

    def refuse_identifies(self, times: int) -> None:
        """So many logins get an invalid session, as when they come too fast."""
        self._identifies = times

    def deafen(self, deaf: bool = True) -> None:
        """Heartbeats get no answer: the connection is a zombie."""
        self._deaf = deaf

    def repeat(self, event: str, times: int = 1) -> None:
        """The next event of this kind comes once more, so many times."""
        self._repeated[event] = times

    def hold_back(self, event: str, seconds: float) -> None:
        """The next event of this kind, and all behind it, come late."""
        self._held[event] = seconds

    def drop_after(self, number: int, event: str = "*") -> None:
        """The connection breaks right after the so-many-th event of this kind from now on."""
        self._drops.append([event, number])

    def refuses_connection(self) -> bool:
        return self._takes("_connections", "connection refused")

    def refuses_resume(self) -> bool:
        return self._takes("_resumes", "resume refused")

    def refuses_identify(self) -> bool:
        return self._takes("_identifies", "identify refused")

    def is_deaf(self) -> bool:
        self.fired["heartbeat unanswered"] += self._deaf
        return self._deaf

    def repeats(self, event: str) -> int:
        times = self._repeated.pop(event, 0)
        self.fired["event repeated"] += times
        return times

    async def hold(self, event: str) -> None:
        seconds = self._held.pop(event, 0.0)
        if seconds:
            self.fired["event held back"] += 1
            await asyncio.sleep(seconds)

    def drops_after(self, event: str) -> bool:
        for each in self._drops:
            if fnmatchcase(event, str(each[0])):
                each[1] = int(each[1]) - 1
        due = [each for each in self._drops if each[1] == 0]
        self._drops = [each for each in self._drops if each[1] != 0]
        self.fired["connection dropped"] += len(due)
        return bool(due)

    def _takes(self, name: str, fault: str) -> bool:
        left = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        self.fired[fault] += 1
        return True
