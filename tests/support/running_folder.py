"""The whole front end on real files and in real time, with a service in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.fake_folder_service import FakeService

from config.clock import now_ms
from config.settings import FolderSettings, Settings, WatchFolderSettings
from frontends.watch_folder import WatchFolders


@asynccontextmanager
async def running(state_dir: Path, events: str = "inotify", **folder: Any) -> AsyncIterator[tuple[FakeService, Path]]:
    """The front end as it runs. A scan comes only every ten minutes: what is found in time was hinted at, or found by
    looking twice a second where there are no events."""
    service = FakeService(now_ms)
    folder = {"settle_seconds": 0.3, "scan_seconds": 600, "events": events, "poll_seconds": 0.5, **folder}
    settings = Settings(state_dir=state_dir, watch_folder=WatchFolderSettings(folders=(FolderSettings(**folder),)))
    front_end = WatchFolders(settings, service)  # type: ignore[arg-type]
    task = asyncio.create_task(front_end.run())
    try:
        await asyncio.wait_for(front_end.started.wait(), 10)
        yield service, state_dir / "inbox"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
