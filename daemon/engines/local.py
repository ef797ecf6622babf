"""An engine as a child process of the daemon, spawned (never forked: torch and its threads would not survive that)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Sequence

import structlog

from config.settings import EngineSettings
from daemon.engines.contract import EngineGoneError
from daemon.engines.exits import exit_reason
from daemon.engines.inherited import environment
from daemon.engines.speech import Speech
from pipeline import frames
from pipeline.messages import PROTOCOL_VERSION, Dying, Ready, Stop, ToDaemon, ToEngine

READ_BYTES = 1 << 20
SOCKET_BUFFER_BYTES = 1 << 20
END_SECONDS = 5.0
"""A killed process is gone within this time, unless a driver holds it in the kernel."""
REAP_SECONDS = 1.0
"""From the end of its pipe to the end of a killed process."""

_log = structlog.get_logger(__name__)


class EngineProcess:
    """See :class:`daemon.engines.contract.RunningEngine`. Built by :func:`start` only."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._decoder = frames.for_daemon()
        self._early: Sequence[ToDaemon] = ()
        self._last_message = ""
        self._ready: Ready | None = None
        self._killed = self._stuck = False
        self._speech = Speech(process.pid)
        assert process.stderr is not None
        self._listening = asyncio.create_task(self._speech.listen(process.stderr), name="engine-stderr")

    @property
    def pid(self) -> int:
        """Process id of the engine."""
        return self._process.pid

    @property
    def ready(self) -> Ready:
        """What the engine said about itself."""
        assert self._ready is not None
        return self._ready

    @property
    def unread_bytes(self) -> int:
        """What waits on our side of the socket."""
        return self._writer.transport.get_write_buffer_size()

    @property
    def ended(self) -> bool:
        """Its process is gone."""
        return self._process.returncode is not None

    async def handshake(self, seconds: float) -> None:
        """Wait for :class:`Ready`; raises :class:`EngineGoneError` when it does not come or speaks otherwise."""
        try:
            async with asyncio.timeout(seconds):
                first, *self._early = await self.receive()
                if isinstance(first, Dying):
                    await self.receive()  # tells how it ended
        except TimeoutError:
            raise EngineGoneError(f"the engine was not ready after {seconds:g} seconds") from None
        if not isinstance(first, Ready):
            raise EngineGoneError("the engine spoke before it was ready")
        self._ready = first
        if self.ready.protocol != PROTOCOL_VERSION:
            raise EngineGoneError(f"the engine speaks protocol {self.ready.protocol}, the daemon {PROTOCOL_VERSION}")

    async def send(self, messages: Sequence[ToEngine]) -> None:
        """One write, so that jobs sent together are drawn together from their first forward on.

        What waits here is bounded by the jobs that an engine is given to hold.
        """
        if not self._writer.is_closing():
            self._writer.write(b"".join(frames.encode(message) for message in messages))

    async def receive(self) -> Sequence[ToDaemon]:
        """At least one message."""
        if self._early:
            early, self._early = self._early, ()
            return early
        messages = await self._next()
        if not messages:
            raise EngineGoneError(await self._obituary())
        self._last_message = next((said.message for said in messages if isinstance(said, Dying)), self._last_message)
        return messages

    async def _next(self) -> Sequence[ToDaemon]:
        """Whole messages from the pipe; none at its end."""
        try:
            while data := await self._reader.read(READ_BYTES):
                if messages := self._decoder.feed(data):
                    return messages
        except ConnectionError:
            pass
        except frames.BrokenFrameError as error:
            self.kill()
            raise EngineGoneError(f"the engine was killed because it broke the protocol: {error.message}") from None
        return ()

    def kill(self) -> None:
        """SIGKILL; the reaper takes the rest. The pipe of one that the kernel does not let go is closed from here."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if not self._killed:
            self._killed = True
            asyncio.get_running_loop().call_later(END_SECONDS, self._writer.transport.abort)

    async def close(self, grace_seconds: float) -> None:
        """Stop, then SIGKILL."""
        with contextlib.suppress(RuntimeError):
            await self.send([Stop()])
        try:
            try:
                await self._ends_within(grace_seconds)
            finally:
                self.kill()
            await self._ends_within(0 if self._stuck else END_SECONDS)
        finally:
            self._writer.transport.abort()
            self._listening.cancel()
        await asyncio.wait({self._listening})

    async def _ends_within(self, seconds: float) -> int | None:
        """How its process ended; None if it has not.

        ``asyncio.wait_for`` would not do: up to Python 3.11 it swallows a cancellation that comes as the process ends.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._process.wait()
        except TimeoutError:
            return None

    async def _obituary(self) -> str:
        """Wait for the end of the process (its pipe is closed already) and say how it was."""
        returncode = await self._ends_within(REAP_SECONDS if self._killed else END_SECONDS)
        if returncode is None:
            self._stuck = self._killed
            self.kill()
            return (
                "the engine was killed and does not end" if self._stuck else "the engine closed its pipe and was killed"
            )
        await asyncio.wait({self._listening}, timeout=1.0)
        if self._speech.last_words():
            _log.warning("engine_last_words", engine_pid=self.pid, text=self._speech.last_words())
        reason = exit_reason(returncode)
        return f"{reason}: {self._last_message}" if self._last_message else reason


async def start(settings: EngineSettings) -> EngineProcess:
    """Spawn an engine and wait until it is ready.

    Belongs to the main thread: the parent-death signal comes when the thread ends that made the process.
    """
    try:
        engine = await _connected(settings)
    except OSError as error:
        raise EngineGoneError(f"the engine could not be started: {error.strerror}") from None
    try:
        await engine.handshake(settings.start_timeout_seconds)
    except BaseException:
        await engine.close(0)
        raise
    return engine


async def _connected(settings: EngineSettings) -> EngineProcess:
    """A process with a pipe to it. Nothing is left open, and nothing runs, when the files for it are not to be had."""
    ours, theirs = socket.socketpair()
    writer: asyncio.StreamWriter | None = None
    try:
        with theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
            reader, writer = await asyncio.open_connection(sock=ours, limit=READ_BYTES)
            return EngineProcess(await _spawn(settings, theirs.fileno()), reader, writer)
    except BaseException:
        if writer is not None:
            writer.transport.abort()
        else:
            ours.close()
        raise


async def _spawn(settings: EngineSettings, fd: int) -> asyncio.subprocess.Process:
    command = [sys.executable, "-P", "-m", "pipeline.engine", "--fd", str(fd), "--parent", str(os.getpid())]
    return await asyncio.create_subprocess_exec(
        *command,
        "--settings",
        settings.model_dump_json(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        pass_fds=(fd,),
        start_new_session=True,  # a Ctrl-C in the terminal reaches the daemon alone
        env=environment(os.environ),
    )
