"""The front end: the application on the control socket, inside the daemon's event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import structlog
import uvicorn

from config.settings import HttpSettings
from daemon.service import Service
from frontends.http.native import socket_file
from frontends.http.native.app import create_app
from frontends.http.native.connections import BoundedConnection

STOP_SECONDS = 3
"""How long answers under way may take after the listener was told to stop."""
KEEP_ALIVE_SECONDS = 3600
"""A caller may come back on its connection for so long, as long as nobody else needs it."""

log = structlog.get_logger(__name__)


class NativeHttp:
    """Serves the native API on a Unix socket (see :class:`frontends.contract.FrontEnd`)."""

    name = "http"

    def __init__(self, service: Service, path: Path, settings: HttpSettings) -> None:
        self._service = service
        self._path = path
        self._settings = settings
        self._listening = False
        self.started = asyncio.Event()

    def status(self) -> str:
        """Where it listens."""
        return "listening on the control socket" if self._listening else "not listening"

    async def run(self) -> None:
        """Serve until cancelled; answers under way are finished, the socket file is taken away."""
        listener = socket_file.listen(
            self._path, int(self._settings.socket_mode, 8), own_directory=self._settings.socket_path is None
        )
        inode = self._path.stat().st_ino
        server = _Server(_uvicorn(self._service, self._settings))
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        self._listening = True
        self.started.set()
        log.info("http_listening", socket=str(self._path))
        try:
            await asyncio.shield(serving)
        finally:
            self._listening = False
            self.started.clear()
            server.end()
            socket_file.remove(self._path, inode)
            await asyncio.wait((serving,))
            listener.close()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, as the daemon has its own, and without its clock: uvicorn looks ten times a
    second whether it is to end, and each look wakes an idle daemon up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)  # prepares the headers
        await self._ended.wait()

    def end(self) -> None:
        """Let :meth:`serve` come to its end."""
        self.should_exit = True
        self._ended.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _uvicorn(service: Service, settings: HttpSettings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(service, settings),
        http=BoundedConnection,
        ws="none",
        lifespan="off",
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=socket_file.BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
