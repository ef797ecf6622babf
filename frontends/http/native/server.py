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

STOP_SECONDS = 3
"""How long answers under way may take after the listener was told to stop."""

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
        own = self._settings
        listener = socket_file.listen(
            self._path, int(own.socket_mode, 8), group=own.socket_group or None, placed=own.socket_path is not None
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
            server.should_exit = True
            socket_file.remove(self._path, inode)
            await asyncio.wait((serving,))
            listener.close()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the daemon has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _uvicorn(service: Service, settings: HttpSettings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(service, settings),
        http="h11",
        ws="none",
        lifespan="off",
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=socket_file.BACKLOG,
        timeout_keep_alive=3600,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
