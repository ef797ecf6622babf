"""Settings read anew in a running daemon: what can change changes at once, the rest is named and waits for a restart.

A configuration with a problem changes nothing: the daemon goes on with what it has, and status says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from config import changes
from config.errors import BusyError, ConfigurationError
from config.settings import Settings
from daemon.notify import Notifier
from daemon.service import Conditions, Reloaded

CONDITION = "settings"

Load = Callable[[], Settings]
"""Reads the configuration as the start did; raises :class:`ConfigurationError` with every problem."""
Apply = Callable[[Settings, Sequence[str]], Awaitable[None]]
"""Hands new settings to the parts; the names are the keys that changed."""

log = structlog.get_logger(__name__)


class Reload:
    """Called for each wish to reload, one at a time."""

    def __init__(
        self, *, load: Load, settings: Settings, apply: Apply, conditions: Conditions, notifier: Notifier
    ) -> None:
        self._load = load
        self._settings = settings
        self._apply = apply
        self._conditions = conditions
        self._notifier = notifier
        self._one_at_a_time = asyncio.Lock()
        self._closed = False

    def close(self) -> None:
        """Reload no more: the daemon is stopping."""
        self._closed = True

    async def __call__(self) -> Reloaded:
        """Raises :class:`ConfigurationError` when the configuration is wrong, :class:`BusyError` once closed;
        with nothing changed."""
        async with self._one_at_a_time:
            if self._closed:
                raise BusyError("the daemon is stopping", hint="what is set counts at its next start")
            self._notifier.reloading()
            try:
                return await self._reload()
            finally:
                self._notifier.ready()

    async def on(self, wanted: asyncio.Event) -> None:
        """Reload whenever the event is set, until cancelled. What is wrong is said in log and status."""
        while True:
            await wanted.wait()
            wanted.clear()
            try:
                await self()
            except (ConfigurationError, BusyError):
                continue
            except Exception as error:  # the boundary of a side task: no defect in a reload may end the daemon
                log.error("reload_broke", exc_info=error)

    async def _reload(self) -> Reloaded:
        try:
            wanted = await asyncio.to_thread(self._load)
        except ConfigurationError as error:
            self._refuse(error)
            raise
        change = changes.between(self._settings, wanted)
        if change.now:
            await self._take_over(change)
        self._tell(change)
        return Reloaded(change.now, change.at_restart)

    async def _take_over(self, change: changes.Change) -> None:
        try:
            await self._apply(change.settings, change.now)
        except Exception as error:
            why = f"taking over {', '.join(change.now)} broke off: {type(error).__name__}: {error}"
            self._conditions.report(CONDITION, why, "reload again, or restart the daemon")
            raise
        self._settings = change.settings

    def _refuse(self, error: ConfigurationError) -> None:
        problems = [f"{each.key}: {each.message}" for each in error.problems]
        log.error("reload_refused", problems=problems)
        self._conditions.report(
            CONDITION,
            f"the configuration can't be taken over: {'; '.join(problems)}",
            "mend it (mezzotint check lists every problem) and reload; the settings before are in force",
        )

    def _tell(self, change: changes.Change) -> None:
        log.info("settings_reloaded", changed=change.now, at_restart=change.at_restart)
        if change.at_restart:
            keys = ", ".join(change.at_restart)
            self._conditions.report(CONDITION, f"changed, and not in force yet: {keys}", "restart the daemon")
        else:
            self._conditions.clear(CONDITION)
